-- Each day of the last 30: people seen for the first time in the last 90 days, and people seen before
WITH days AS (
    SELECT DISTINCT dt, COALESCE(user_id, anonymous_id) AS person
    FROM events
    WHERE dt >= CAST(CURRENT_DATE - INTERVAL '90' DAY AS VARCHAR)
),

firsts AS (
    SELECT person, MIN(dt) AS first_dt
    FROM days
    GROUP BY person
)

SELECT
    days.dt,
    COUNT_IF(days.dt = firsts.first_dt) AS new_people,
    COUNT_IF(days.dt > firsts.first_dt) AS returning_people
FROM days
INNER JOIN firsts ON days.person = firsts.person
WHERE days.dt >= CAST(CURRENT_DATE - INTERVAL '30' DAY AS VARCHAR)
GROUP BY days.dt
ORDER BY days.dt
