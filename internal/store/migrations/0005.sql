-- Content that a note has committed to and a later one will reveal, by the
-- digest of its plaintext; boxed under the node's own key.
create table kept (
  digest bytea primary key,
  body bytea not null
);
