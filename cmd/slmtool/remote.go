package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// remoteTimeout bounds one request to a running slmd.
const remoteTimeout = time.Minute

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

// ask makes a request to a running slmd and gives the body of a good answer.
func (f *ledgerFlags) ask(ctx context.Context, method, path string, q url.Values, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, remoteTimeout)
	defer cancel()
	address := strings.TrimSuffix(f.url, "/") + path
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("--slmd.url=%s is not an address: write it as http://localhost:9596", f.url)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking slmd: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("reading slmd's answer: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return text, nil
	}
	var refused struct{ Error string }
	if json.Unmarshal(text, &refused) == nil && refused.Error != "" {
		return nil, errors.New(refused.Error)
	}
	return nil, fmt.Errorf("slmd answered %s: %s", resp.Status, strings.TrimSpace(string(text)))
}

// fetch reads the data of an answer of the API into v.
func (f *ledgerFlags) fetch(ctx context.Context, path string, q url.Values, v any) error {
	body, err := f.ask(ctx, http.MethodGet, path, q, nil)
	if err != nil {
		return err
	}
	return decode(body, v)
}

func decode(body []byte, v any) error {
	out := struct{ Data any }{v}
	if err := json.Unmarshal(body, &out); err != nil {
		return fmt.Errorf("slmd's answer is not what its API gives: %w", err)
	}
	return nil
}

// remoteApply sends the catalogue files to a running slmd.
func remoteApply(ctx context.Context, f applyFlags) ([]sla.Change, error) {
	texts := map[string]string{}
	for _, path := range f.paths {
		if err := gather(texts, path); err != nil {
			return nil, err
		}
	}
	body, err := json.Marshal(texts)
	if err != nil {
		return nil, fmt.Errorf("packing the files: %w", err)
	}
	q := url.Values{"as": {f.as}}
	if f.prune {
		q.Set("prune", "true")
	}
	if f.dry {
		q.Set("dry_run", "true")
	}
	answer, err := f.ask(ctx, http.MethodPut, "/api/v1/catalogue", q, body)
	if err != nil {
		return nil, err
	}
	var changes []sla.Change
	return changes, decode(answer, &changes)
}

// gather reads a catalogue file, or those of a directory, by names of their own.
func gather(texts map[string]string, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	files := []string{path}
	if info.IsDir() {
		files = nil
		for _, pattern := range []string{"*.yml", "*.yaml"} {
			found, err := filepath.Glob(filepath.Join(path, pattern))
			if err != nil {
				return err
			}
			files = append(files, found...)
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name := filepath.Base(file)
		if _, twice := texts[name]; twice {
			return fmt.Errorf("two files are called %s: a running slmd takes files of one name each", name)
		}
		texts[name] = string(text)
	}
	return nil
}

// asError is errors.As, which wants a pointer of the target's type.
func asError[T error](err error, target *T) bool { return errors.As(err, target) }
