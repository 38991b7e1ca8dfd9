-- The 20 items most people acted on in the last 30 days, searches and impressions aside
SELECT
    item_id,
    COUNT(DISTINCT COALESCE(user_id, anonymous_id)) AS people,
    COUNT(*) AS events,
    COUNT_IF(event_type = 'purchase') AS purchases
FROM events
WHERE dt >= CAST(CURRENT_DATE - INTERVAL '30' DAY AS VARCHAR)
  AND item_id IS NOT NULL
  AND event_type NOT IN ('impression', 'search')
GROUP BY item_id
ORDER BY people DESC, events DESC, item_id
LIMIT 20
