-- Each of the newest 30 days: of the people who viewed something, how many added to the cart and how many bought
WITH newest AS (
    SELECT CAST(CAST(CAST(MAX(dt) AS DATE) - INTERVAL '29' DAY AS DATE) AS VARCHAR) AS since FROM events
),

people AS (
    SELECT
        CAST(occurred_at AS DATE) AS day,
        COALESCE(user_id, anonymous_id) AS person,
        MAX(CASE WHEN event_type = 'view' THEN 1 ELSE 0 END) AS viewed,
        MAX(CASE WHEN event_type = 'add_to_cart' THEN 1 ELSE 0 END) AS added,
        MAX(CASE WHEN event_type = 'purchase' THEN 1 ELSE 0 END) AS bought
    FROM events CROSS JOIN newest
    WHERE dt >= newest.since
    GROUP BY CAST(occurred_at AS DATE), COALESCE(user_id, anonymous_id)
)

SELECT
    day,
    SUM(viewed) AS viewers,
    SUM(viewed * added) AS adders,
    SUM(viewed * bought) AS buyers,
    ROUND(100.0 * SUM(viewed * bought) / NULLIF(SUM(viewed), 0), 2) AS percent_buying
FROM people
GROUP BY day
ORDER BY day
