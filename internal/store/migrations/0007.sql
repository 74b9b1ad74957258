-- What lets an officer in: sessions, tokens and one-time links, each under the
-- SHA-256 of its secret, with when it ends. What else is known of it is boxed.
create table pass (
  hash bytea primary key,
  ends bigint not null,
  box bytea not null
);
-- What an officer has chosen or last seen at the desk, boxed.
create table setting (
  officer bigint not null,
  name text not null,
  box bytea not null,
  primary key (officer, name)
);
