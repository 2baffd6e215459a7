package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
	"github.com/interchange-smtp/interchange/routing"
)

// store is a queue to be measured. put returns when the message is durable; remove
// may return before.
type store interface {
	put(id string, body []byte, writers int) error
	remove(id string) error
	close() error
}

// message is the envelope that all of them store beside the content.
func message(id string) *queue.Message {
	return &queue.Message{
		Envelope: envelope.Envelope{ID: id, From: routing.MustParseAddress("kim@contoso.com"), Helo: "client.contoso.com", Connector: "FromInternet"},
		Arrived:  time.Now(), Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: routing.MustParseAddress("lee@fabrikam.com")}}},
	}
}

// spoolStore is the spool.
type spoolStore struct{ *spool.Spool }

func openSpool(dir string) store {
	s, err := spool.Open(dir, spool.Options{})
	check(err)
	return spoolStore{s}
}

func (s spoolStore) put(id string, body []byte, _ int) error {
	lease := queue.Lease{Holder: "bench", For: time.Hour}
	return s.Put(context.Background(), message(id), bytes.NewReader(body), lease)
}

func (s spoolStore) remove(id string) error { return s.Remove(context.Background(), id, "bench") }

func (s spoolStore) close() error { return s.Close() }

// fileStore has a file for each message, and syncs it and the directory.
type fileStore string

func openFiles(dir string) store { return fileStore(dir) }

func (s fileStore) put(id string, body []byte, _ int) error {
	record, err := encode(id, body)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(string(s), id), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(record)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	d, err := os.Open(string(s))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (s fileStore) remove(id string) error { return os.Remove(filepath.Join(string(s), id)) }

func (s fileStore) close() error { return nil }

// boltStore is a bbolt database. Removals are written with the next message, because
// they need not be durable before.
type boltStore struct {
	db   *bolt.DB
	mu   sync.Mutex
	gone [][]byte
}

func openBolt(dir string) store {
	db, err := bolt.Open(filepath.Join(dir, "queue.db"), 0o600, nil)
	check(err)
	db.MaxBatchDelay = 500 * time.Microsecond // about what a sync takes here; by default it waits 10 ms
	check(db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("messages"))
		return err
	}))
	return &boltStore{db: db}
}

func (s *boltStore) put(id string, body []byte, writers int) error {
	record, err := encode(id, body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	gone := s.gone
	s.gone = nil
	s.mu.Unlock()
	commit := s.db.Batch
	if writers == 1 {
		commit = s.db.Update // Batch waits for other writers
	}
	return commit(func(tx *bolt.Tx) error {
		bucket := tx.Bucket([]byte("messages"))
		for _, id := range gone {
			if err := bucket.Delete(id); err != nil {
				return err
			}
		}
		return bucket.Put([]byte(id), record)
	})
}

func (s *boltStore) remove(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = append(s.gone, []byte(id))
	return nil
}

func (s *boltStore) close() error { return s.db.Close() }

// encode returns a message as JSON, followed by its content.
func encode(id string, body []byte) ([]byte, error) {
	envelope, err := json.Marshal(message(id))
	return append(envelope, body...), err
}
