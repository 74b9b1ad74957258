-- A feed's number stands for its origin everywhere else. size counts the
-- entries held.
create table feed (
  num integer primary key,
  origin text not null unique,
  size bigint not null
);

-- place = feed number * 2^40 + index: one key, in the order of the feed.
create table entry (
  place integer primary key,
  leaf bytea not null
);

-- Runs of RFC 6962 hashes in the order of their stored indexes; place = feed
-- number * 2^40 + stored index of the first.
create table hash (
  place integer primary key,
  hashes bytea not null
);

-- Every checkpoint known; place = feed number * 2^40 + size.
create table head (
  place integer primary key,
  root bytea not null,
  signed bytea not null
);

create table cosig (
  feed integer not null references feed (num),
  name text not null,
  size bigint not null,
  time bigint not null,
  lines bytea not null,
  primary key (feed, name, size)
);
create index cosig_size on cosig (feed, size);

-- A sealed payload by its digest. state: 0 missing, 1 held, 2 in a file,
-- 3 erased. place: the note that named it first. plain is boxed under the
-- node's own key and stands first, so that reading it does not walk over the
-- sealed bytes.
create table part (
  num integer primary key,
  digest bytea not null unique,
  place bigint not null,
  state integer not null,
  plain bytea,
  sealed bytea
);
create index part_missing on part (num) where state = 0;

-- Which note names which payload, and of what size it says that it is. Two
-- notes may name one payload. Small rows in the order of the feed; on
-- PostgreSQL without the last two words.
create table cite (
  place bigint not null,
  name text not null,
  size bigint not null,
  digest bytea not null,
  primary key (place, name)
) without rowid;

create table doc (
  num integer primary key,
  kind text not null,
  digest bytea not null unique,
  bytes bytea not null
);

create table fork (
  digest bytea primary key,
  feed integer not null references feed (num),
  bytes bytea not null
);

create table meta (
  key text primary key,
  value text not null
);

create table draft (
  id text primary key,
  created bigint not null,
  act text not null,
  body bytea not null,
  note text not null
);
