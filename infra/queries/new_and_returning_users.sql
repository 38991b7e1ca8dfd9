-- Each of the newest 30 days: people never seen before in the lake, and people seen on an earlier day
WITH days AS (
    SELECT DISTINCT CAST(occurred_at AS DATE) AS day, COALESCE(user_id, anonymous_id) AS person
    FROM events
),

firsts AS (
    SELECT person, MIN(day) AS first_day
    FROM days
    GROUP BY person
),

newest AS (
    SELECT CAST(MAX(day) - INTERVAL '29' DAY AS DATE) AS since FROM days
)

SELECT
    days.day,
    SUM(CASE WHEN days.day = firsts.first_day THEN 1 ELSE 0 END) AS new_people,
    SUM(CASE WHEN days.day > firsts.first_day THEN 1 ELSE 0 END) AS returning_people
FROM days
INNER JOIN firsts ON days.person = firsts.person
CROSS JOIN newest
WHERE days.day >= newest.since
GROUP BY days.day
ORDER BY days.day
