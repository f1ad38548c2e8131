package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// A Hash is SHA-256.
type Hash [32]byte

// A Batch is what is written at once, or not at all.
type Batch struct {
	Size    int64    // of the log before: how many entries there must be
	Entries [][]byte // that follow them
	Hashes  []Hash   // of the tree (golang.org/x/mod/sumdb/tlog), that follow those stored
	Base    int64    // how many hashes are stored before
	Blobs   map[Hash][]byte
}

// ErrMoved says that the log has another size than the batch was made for: somebody else
// has written. Read on and try again.
var ErrMoved = errors.New("store: the log has moved on")

// ErrMissing says that what was asked for is not there.
var ErrMissing = errors.New("store: it is not there")

// A DB is one database. It is safe for many goroutines, and for many processes.
type DB struct {
	db    *sql.DB
	taken func(error) bool // whether an insert failed since its key is taken
}

//go:embed migrations/*.sql
var migrations embed.FS

// New brings db's tables up to date. taken tells a key that is taken from other errors.
// db is the DB's from here on, also on an error.
func New(ctx context.Context, db *sql.DB, dialect goose.Dialect, taken func(error) bool, o ...goose.ProviderOption) (*DB, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	p, err := goose.NewProvider(dialect, db, files, o...)
	if err == nil {
		_, err = p.Up(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: the tables cannot be brought up to date: %w", err), db.Close())
	}
	return &DB{db: db, taken: taken}, nil
}

// Close closes the database.
func (d *DB) Close() error { return d.db.Close() }

// Append writes b in one transaction. ErrMoved: nothing was written.
func (d *DB) Append(ctx context.Context, b Batch) (err error) {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			return
		}
		if d.taken(err) {
			err = ErrMoved
		}
		_ = tx.Rollback() // the transaction has failed already
	}()
	var size int64
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(idx)+1, 0) FROM log_entries").Scan(&size); err != nil {
		return err
	}
	if size != b.Size {
		return ErrMoved
	}
	if err := b.write(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (b *Batch) write(ctx context.Context, tx *sql.Tx) error {
	for i, e := range b.Entries {
		if _, err := tx.ExecContext(ctx, "INSERT INTO log_entries (idx, data) VALUES ($1, $2)", b.Size+int64(i), e); err != nil {
			return err
		}
	}
	for i, h := range b.Hashes {
		if _, err := tx.ExecContext(ctx, "INSERT INTO log_hashes (idx, hash) VALUES ($1, $2)", b.Base+int64(i), h[:]); err != nil {
			return err
		}
	}
	for h, data := range b.Blobs {
		if _, err := tx.ExecContext(ctx, "INSERT INTO blobs (hash, data) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING", h[:], data); err != nil {
			return err
		}
	}
	return nil
}

// Entries are up to limit entries from index from on, in order; none where there are no
// more.
func (d *DB) Entries(ctx context.Context, from int64, limit int) (out [][]byte, err error) {
	rows, err := d.db.QueryContext(ctx, "SELECT idx, data FROM log_entries WHERE idx >= $1 ORDER BY idx LIMIT $2", from, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var at int64
		var data []byte
		if err := rows.Scan(&at, &data); err != nil {
			return nil, err
		}
		if at != from+int64(len(out)) {
			return nil, fmt.Errorf("%w: entry %d of the log", ErrMissing, from+int64(len(out)))
		}
		out = append(out, data)
	}
	return out, rows.Err()
}

// Hashes are the stored hashes at the indexes.
func (d *DB) Hashes(ctx context.Context, indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, at := range indexes {
		var h []byte
		err := d.db.QueryRowContext(ctx, "SELECT hash FROM log_hashes WHERE idx = $1", at).Scan(&h)
		if errors.Is(err, sql.ErrNoRows) || err == nil && len(h) != len(out[i]) {
			err = fmt.Errorf("%w: hash %d of the log's tree", ErrMissing, at)
		}
		if err != nil {
			return nil, err
		}
		out[i] = Hash(h)
	}
	return out, nil
}

// Blob is what Append was given under h. Whoever reads it hashes it again.
func (d *DB) Blob(ctx context.Context, h Hash) ([]byte, error) {
	var data []byte
	err := d.db.QueryRowContext(ctx, "SELECT data FROM blobs WHERE hash = $1", h[:]).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: %x", ErrMissing, h)
	}
	return data, err
}
