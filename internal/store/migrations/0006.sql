-- A draft, whole, boxed under the node's own key. What is in a box is package
-- house's. The drafts of before are in the clear, and the ledger has no key:
-- they wait in draft_clear until a node opens, which boxes them and leaves the
-- table empty.
alter table draft rename to draft_clear;
create table draft (
  id text primary key,
  box bytea not null
);
