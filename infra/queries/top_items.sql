-- The 20 items that most people acted on in the newest 30 days, searches and impressions aside
WITH newest AS (
    SELECT CAST(CAST(CAST(MAX(dt) AS DATE) - INTERVAL '29' DAY AS DATE) AS VARCHAR) AS since FROM events
)

SELECT
    item_id,
    COUNT(DISTINCT COALESCE(user_id, anonymous_id)) AS people,
    COUNT(*) AS events,
    SUM(CASE WHEN event_type = 'purchase' THEN 1 ELSE 0 END) AS purchases
FROM events CROSS JOIN newest
WHERE dt >= newest.since
  AND item_id IS NOT NULL
  AND event_type NOT IN ('impression', 'search')
GROUP BY item_id
ORDER BY people DESC, events DESC, item_id
LIMIT 20
