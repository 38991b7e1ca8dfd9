-- How fresh each application's events are: the newest, its age, and how long collected events took to reach us
WITH newest AS (
    SELECT CAST(CAST(CAST(MAX(dt) AS DATE) - INTERVAL '6' DAY AS DATE) AS VARCHAR) AS since FROM events
)

SELECT
    app_id,
    COUNT(*) AS events_in_newest_week,
    MAX(occurred_at) AS newest_occurred_at,
    MAX(received_at) AS newest_received_at,
    DATE_DIFF('minute', MAX(occurred_at), CAST(CURRENT_TIMESTAMP AS TIMESTAMP)) AS minutes_old,
    ROUND(AVG(DATE_DIFF('millisecond', occurred_at, received_at)) / 1000.0, 1) AS mean_seconds_to_receive
FROM events CROSS JOIN newest
WHERE dt >= newest.since
GROUP BY app_id
ORDER BY app_id
