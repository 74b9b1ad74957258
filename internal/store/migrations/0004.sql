-- What is in-house, boxed under the node's own key: never a note, never sent.
-- What is in a box, and how the rows are chained, is package house's.
create table house (
  num integer primary key,
  box bytea not null
);
