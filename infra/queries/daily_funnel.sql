-- Of the people who viewed something each day of the last 30, how many added to the cart and how many bought
WITH people AS (
    SELECT
        dt,
        COALESCE(user_id, anonymous_id) AS person,
        MAX(CASE WHEN event_type = 'view' THEN 1 ELSE 0 END) AS viewed,
        MAX(CASE WHEN event_type = 'add_to_cart' THEN 1 ELSE 0 END) AS added,
        MAX(CASE WHEN event_type = 'purchase' THEN 1 ELSE 0 END) AS bought
    FROM events
    WHERE dt >= CAST(CURRENT_DATE - INTERVAL '30' DAY AS VARCHAR)
    GROUP BY dt, COALESCE(user_id, anonymous_id)
)

SELECT
    dt,
    SUM(viewed) AS viewers,
    SUM(viewed * added) AS adders,
    SUM(viewed * bought) AS buyers,
    ROUND(100.0 * SUM(viewed * bought) / NULLIF(SUM(viewed), 0), 2) AS percent_buying
FROM people
GROUP BY dt
ORDER BY dt
