-- How far behind the lake is: the newest event, and how long collected events took to reach us, in the last 7 days
SELECT
    COUNT(*) AS events,
    MAX(occurred_at) AS newest_occurred_at,
    MAX(received_at) AS newest_received_at,
    DATE_DIFF('minute', MAX(occurred_at), LOCALTIMESTAMP) AS minutes_behind,
    ROUND(AVG(DATE_DIFF('millisecond', occurred_at, received_at)) / 1000.0, 1) AS mean_seconds_to_receive
FROM events
WHERE dt >= CAST(CURRENT_DATE - INTERVAL '7' DAY AS VARCHAR)
