package access

import (
	"context"
	"errors"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/singleflight"
)

// maxUsers bounds what is remembered of the subjects of tokens.
const maxUsers = 8192

// standing is what the database says of the subject of a token.
type standing byte

const (
	noUsers  standing = iota // there are no users to look among
	noUser                   // none has this id
	liveUser                 // one has
	goneUser                 // it is deleted
)

// users says whether the subject of a token is a user of the database, or was.
type users struct {
	db       DB
	now      func() time.Time
	cacheFor time.Duration
	known    *lru.Cache[string, knownUser]
	flights  singleflight.Group
}

type knownUser struct {
	standing standing
	until    time.Time
}

func newUsers(cfg Config) *users {
	return &users{db: cfg.DB, now: cfg.Now, cacheFor: cfg.CacheFor, known: newLRU[string, knownUser](maxUsers)}
}

// admit refuses a token whose user is deleted. Medusa's own tokens are of users of its database, so one that is not there has
// been removed; unless there are no users at all, because they are in the database of another Medusa. The subjects of another
// provider need not be users.
func (u *users) admit(ctx context.Context, id string, medusa bool) error {
	s, err := u.standing(ctx, id)
	switch {
	case err != nil:
		return err
	case s == goneUser, s == noUser && medusa:
		return notAccepted()
	}
	return nil
}

func (u *users) standing(ctx context.Context, id string) (standing, error) {
	if k, ok := u.known.Get(id); ok && u.now().Before(k.until) {
		return k.standing, nil
	}
	answer := u.flights.DoChan(id, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout) // for the others that wait
		defer cancel()
		until := u.now().Add(u.cacheFor)
		s, err := lookForUser(ctx, u.db, id)
		if err == nil {
			u.known.Add(id, knownUser{s, until})
		}
		return s, err
	})
	select {
	case <-ctx.Done():
		return noUsers, ctx.Err()
	case r := <-answer:
		s, _ := r.Val.(standing)
		return s, r.Err
	}
}

// lookForUser asks a database. A table that is called user and is not Medusa's has no say.
func lookForUser(ctx context.Context, db DB, id string) (standing, error) {
	var there bool
	err := db.QueryRow(ctx, `
		SELECT count(*) = 2 FROM pg_attribute
		WHERE attrelid = to_regclass('"user"') AND NOT attisdropped
			AND (attname = 'id' AND atttypid IN ('text'::regtype, 'varchar'::regtype) OR attname = 'deleted_at' AND atttypid = 'timestamptz'::regtype)`).
		Scan(&there)
	if err != nil || !there {
		return noUsers, err
	}
	var live bool
	// user_pkey
	err = db.QueryRow(ctx, `SELECT deleted_at IS NULL FROM "user" WHERE id = $1`, id).Scan(&live)
	switch {
	case err == nil && live:
		return liveUser, nil
	case err == nil:
		return goneUser, nil
	case !errors.Is(err, pgx.ErrNoRows):
		return noUsers, err
	}
	var any bool
	if err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM "user")`).Scan(&any); err != nil || !any {
		return noUsers, err
	}
	return noUser, nil
}
