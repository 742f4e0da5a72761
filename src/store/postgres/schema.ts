/**
 * The tables of the PostgreSQL driver: those of the embedded one in PostgreSQL's words. Texts compare by code point, as
 * they do there.
 *
 * Entry n brings a database from schema version n to n + 1. An entry that was ever released is never changed.
 */
export const MIGRATIONS: readonly string[] = [
  `
  create table document (
    kind text collate "C" not null,
    name text collate "C" not null,
    version integer not null,
    body text not null,
    primary key (kind, name)
  );

  create table fact (name text collate "C" primary key);

  create table write_lock (name text collate "C" primary key);

  -- Room in each page for the one or two updates of a pair's life: they then leave its indexes alone.
  create table token_pair (
    id bigint primary key,
    created_at bigint not null,
    remove_at bigint not null,
    access_hash bytea not null,
    access_expires_at bigint not null,
    access_invalidated integer not null default 0,
    refresh_hash bytea,
    refresh_invalidated integer not null default 0,
    refreshed_at bigint,
    superseding bytea,
    username text collate "C" not null,
    realm text collate "C" not null,
    client text not null,
    authentication text not null,
    issuer text collate "C",
    subject text collate "C",
    session_id text collate "C",
    id_token bytea
  ) with (fillfactor = 85);
  create index token_pair_remove_at on token_pair (remove_at);
  create index token_pair_realm on token_pair (realm, id);
  create index token_pair_username on token_pair (username, realm, id);
  create index token_pair_subject on token_pair (issuer, subject, id) where issuer is not null;
  create index token_pair_session on token_pair (issuer, session_id, id) where session_id is not null;

  create table used_response (
    key bytea primary key,
    keep_until bigint not null,
    redeemed integer not null
  );
  create index used_response_keep_until on used_response (keep_until);

  create table portal_session (
    id text collate "C" primary key,
    version integer not null,
    created_at bigint not null,
    last_activity_at bigint not null,
    provider_type text collate "C",
    provider_name text collate "C",
    username_hash text collate "C",
    agreement_acknowledged integer not null,
    ended text,
    content bytea not null,
    remove_at bigint not null
  );
  create index portal_session_remove_at on portal_session (remove_at);
  create index portal_session_username on portal_session (username_hash, id) where ended is null;
  create index portal_session_provider on portal_session (provider_type, provider_name, id) where ended is null;
  create index portal_session_unclaimed on portal_session (created_at, id)
    where provider_type is null and ended is null;

  create table artefact (
    key bytea primary key,
    model text collate "C" not null,
    payload bytea not null,
    grant_id text collate "C",
    uid text collate "C",
    user_code text collate "C",
    account_id text collate "C",
    consumed_at bigint,
    remove_at bigint
  );
  create index artefact_remove_at on artefact (remove_at) where remove_at is not null;
  create index artefact_grant on artefact (grant_id) where grant_id is not null;
  create index artefact_uid on artefact (uid, model) where uid is not null;
  create index artefact_user_code on artefact (user_code, model) where user_code is not null;
  create index artefact_account on artefact (account_id) where account_id is not null;
  `,
  'create index artefact_model on artefact (model, remove_at) where remove_at is not null',
  // Every visit begins with a session without a sign-in: those stay out of the indexes of users and providers.
  `
  drop index portal_session_username;
  drop index portal_session_provider;
  create index portal_session_username on portal_session (username_hash, id)
    where ended is null and username_hash is not null;
  create index portal_session_provider on portal_session (provider_type, provider_name, id)
    where ended is null and provider_type is not null;
  `,
]
