DROP VIEW best_sellers;
