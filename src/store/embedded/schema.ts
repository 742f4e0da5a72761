/**
 * The tables of the embedded driver. Rows of what comes and goes (token pairs, sessions, artefacts) are kept in the
 * order of their arrival, new ones together: a commit then touches few pages.
 *
 * Entry n brings a file from format version n to n + 1. An entry that was ever released is never changed.
 */
export const MIGRATIONS: readonly string[] = [
  `
  create table document (
    kind text not null,
    name text not null,
    version integer not null,
    body text not null,
    primary key (kind, name)
  ) strict, without rowid;

  create table fact (name text primary key) strict, without rowid;

  create table token_pair (
    id integer primary key,
    created_at integer not null,
    remove_at integer not null,
    access_hash blob not null,
    access_expires_at integer not null,
    access_invalidated integer not null default 0,
    refresh_hash blob,
    refresh_invalidated integer not null default 0,
    refreshed_at integer,
    superseding blob,
    username text not null,
    realm text not null,
    client text not null,
    authentication text not null,
    issuer text,
    subject text,
    session_id text,
    id_token blob
  ) strict;
  create index token_pair_remove_at on token_pair (remove_at);
  create index token_pair_realm on token_pair (realm);
  create index token_pair_username on token_pair (username, realm);
  create index token_pair_subject on token_pair (issuer, subject) where issuer is not null;
  create index token_pair_session on token_pair (issuer, session_id) where session_id is not null;

  create table used_response (
    key blob primary key,
    keep_until integer not null,
    redeemed integer not null
  ) strict, without rowid;
  create index used_response_keep_until on used_response (keep_until);

  create table portal_session (
    id text not null unique,
    version integer not null,
    created_at integer not null,
    last_activity_at integer not null,
    provider_type text,
    provider_name text,
    username_hash text,
    agreement_acknowledged integer not null,
    ended text,
    content blob not null,
    remove_at integer not null
  ) strict;
  create index portal_session_remove_at on portal_session (remove_at);
  create index portal_session_username on portal_session (username_hash, id) where ended is null;
  create index portal_session_type on portal_session (provider_type, id) where ended is null;
  create index portal_session_provider on portal_session (provider_type, provider_name, id) where ended is null;

  create table artefact (
    key blob not null unique,
    model text not null,
    payload blob not null,
    grant_id text,
    uid text,
    user_code text,
    account_id text,
    consumed_at integer,
    remove_at integer
  ) strict;
  create index artefact_remove_at on artefact (remove_at) where remove_at is not null;
  create index artefact_grant on artefact (grant_id) where grant_id is not null;
  create index artefact_uid on artefact (uid, model) where uid is not null;
  create index artefact_user_code on artefact (user_code, model) where user_code is not null;
  create index artefact_account on artefact (account_id) where account_id is not null;
  `,
  // See pair-links.ts. A new block begins after one of a thousand pairs, whichever; the oldest goes with its last pair.
  `
  create table pair_block (start integer primary key) strict;
  create table pair_link (
    block integer not null,
    kind integer not null,
    value text not null,
    pair integer not null,
    primary key (block, kind, value, pair)
  ) strict, without rowid;

  insert into pair_block
    select min(id) - 1 from (select id, (row_number() over (order by id) - 1) / 1024 as number from token_pair)
    group by number;
  insert into pair_link
    select (select max(start) from pair_block where start < id), kind, value, id
    from (
      select id, 1 as kind, username as value from token_pair
      union all select id, 2, subject from token_pair
      union all select id, 3, session_id from token_pair)
    where value is not null;
  drop index token_pair_username;
  drop index token_pair_subject;
  drop index token_pair_session;

  create trigger token_pair_added after insert on token_pair begin
    insert into pair_block select new.id - 1 where not exists (select 1 from pair_block);
    insert into pair_link
      select
        coalesce((select max(start) from pair_block where start < new.id), (select min(start) from pair_block)),
        kind, value, new.id
      from (
        select 1 as kind, new.username as value
        union all select 2, new.subject
        union all select 3, new.session_id)
      where value is not null
      on conflict do nothing;
    insert into pair_block
      select (select max(id) from token_pair) where abs(random() % 1024) = 0
      on conflict do nothing;
  end;
  create trigger token_pair_removed after delete on token_pair
    when (select start from pair_block order by start limit 1 offset 1) < (select min(id) from token_pair)
  begin
    delete from pair_link where block = (select min(start) from pair_block);
    delete from pair_block where start = (select min(start) from pair_block);
  end;
  `,
  // How many there are of a model and how large they are, without a look at the rows.
  'create index artefact_model on artefact (model, remove_at, length(payload)) where remove_at is not null',
  // Every visit begins with a session without a sign-in: those stay out of the indexes of users and providers.
  `
  drop index portal_session_username;
  drop index portal_session_type;
  drop index portal_session_provider;
  create index portal_session_username on portal_session (username_hash, id)
    where ended is null and username_hash is not null;
  create index portal_session_type on portal_session (provider_type, id)
    where ended is null and provider_type is not null;
  create index portal_session_provider on portal_session (provider_type, provider_name, id)
    where ended is null and provider_type is not null;
  create index portal_session_unclaimed on portal_session (created_at, id)
    where ended is null and provider_type is null;
  `,
  // A clock that was ahead for a while leaves pairs that end long after all others. They were the end of the block of those
  // that came next, which then took all that ever came: now they have a block of their own.
  `
  drop trigger token_pair_added;
  create trigger token_pair_added after insert on token_pair begin
    insert into pair_block
      select new.id - 1
      where not exists (select 1 from pair_block where start < new.id)
        or new.id = (select max(id) from token_pair)
          and new.id - (3600000 << 21) > (select max(id) from token_pair where id < new.id)
      on conflict do nothing;
    insert into pair_link
      select (select max(start) from pair_block where start < new.id), kind, value, new.id
      from (
        select 1 as kind, new.username as value
        union all select 2, new.subject
        union all select 3, new.session_id)
      where value is not null
      on conflict do nothing;
    insert into pair_block
      select (
        select max(id) from token_pair
        where id <= coalesce((select min(start) from pair_block where start >= new.id), 9223372036854775807))
      where abs(random() % 1024) = 0
      on conflict do nothing;
  end;

  delete from pair_link;
  delete from pair_block;
  insert into pair_block
    select id - 1 from (
      select id, lag(id) over (order by id) as before, row_number() over (order by id) as number from token_pair)
    where before is null or id - before > (3600000 << 21) or number % 1024 = 0;
  insert into pair_link
    select (select max(start) from pair_block where start < id), kind, value, id
    from (
      select id, 1 as kind, username as value from token_pair
      union all select id, 2, subject from token_pair
      union all select id, 3, session_id from token_pair)
    where value is not null;
  `,
]
