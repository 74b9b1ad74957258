-- A payload is found by its number, which stands beside its digest; the digests
-- are indexed in memory. An index on them in the database is written at random:
-- one page of it for every payload, as many bytes as the payload itself.
create table payload (
  num integer primary key,
  place bigint not null,
  state integer not null,
  plain bytea,
  sealed bytea
);
insert into payload select num, place, state, plain, sealed from part order by num;

create table naming (
  place bigint not null,
  name text not null,
  size bigint not null,
  digest bytea not null,
  part integer not null,
  primary key (place, name)
) without rowid;
insert into naming select c.place, c.name, c.size, c.digest, p.num from cite c join part p on p.digest = c.digest order by c.place, c.name;

drop table cite;
drop table part;
alter table payload rename to part;
alter table naming rename to cite;
create index part_missing on part (num) where state = 0;
create index part_unopened on part (num) where state = 1 and plain is null;
