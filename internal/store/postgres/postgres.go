// Package postgres keeps a store in PostgreSQL, for replicas that share one.
//
// See store for what is kept and whom it trusts. When the server is away, nothing is
// written and nothing is read.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/mantlet-mcp/mantlet/internal/store"
)

// Open opens the store in the database that url names (libpq's form, with sslmode). The
// tables are made where they are not there.
func Open(ctx context.Context, url string) (*store.DB, error) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return nil, errors.New("the store's url cannot be read; write postgres://user@host:port/database") // the cause may hold a password
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the store's server does not answer: %w", withoutURL(err)), db.Close())
	}
	one, err := lock.NewPostgresSessionLocker() // replicas that start together take turns
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return store.New(ctx, db, goose.DialectPostgres, taken, goose.WithSessionLocker(one))
}

// withoutURL leaves out what the driver repeats of the url.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return errors.New(e.Message)
	}
	if e, ok := errors.AsType[*pgconn.ConnectError](err); ok && e.Unwrap() != nil {
		return e.Unwrap()
	}
	return err
}

// uniqueViolation is PostgreSQL's code for a key that is taken.
const uniqueViolation = "23505"

func taken(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == uniqueViolation
}
