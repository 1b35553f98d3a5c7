.echo on
-- Which airports saw most flights in the first days of 2001, and how late were they?
SELECT f.origin, a.name, a.state, count(*) AS flights, round(avg(f.delay), 1) AS avg_delay_min
FROM 'flights.parquet' AS f JOIN 'airports.csv' AS a ON f.origin = a.iata
GROUP BY ALL ORDER BY flights DESC LIMIT 5;

-- The wettest month of each year in Seattle.
SELECT year(date) AS y, month(date) AS m, round(sum(precipitation), 1) AS mm
FROM 'weather.csv' WHERE location = 'Seattle'
GROUP BY ALL QUALIFY row_number() OVER (PARTITION BY year(date) ORDER BY sum(precipitation) DESC) = 1
ORDER BY y;

-- Who gained most years of life between 1955 and 2005?
SELECT country, round(max(life_expect) FILTER (WHERE year = 2005) - max(life_expect) FILTER (WHERE year = 1955), 1) AS gained
FROM 'gapminder.json' GROUP BY country ORDER BY gained DESC NULLS LAST LIMIT 5;

-- Tables live in one file, with transactions.
CREATE OR REPLACE TABLE flights AS SELECT * FROM 'flights.parquet';
BEGIN;
UPDATE flights SET delay = 0 WHERE delay < 0;
SELECT count(*) AS flights, min(delay) AS least_delay FROM flights;
ROLLBACK;
SELECT count(*) AS flights, min(delay) AS least_delay FROM flights;

-- How a query runs.
EXPLAIN ANALYZE SELECT destination, avg(delay) FROM flights WHERE distance > 2000 GROUP BY destination;
