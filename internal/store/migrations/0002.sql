create index part_unopened on part (num) where state = 1 and plain is null;
