package conformance

import (
	"bytes"
	"crypto/ed25519"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/mod/sumdb/note"
	_ "modernc.org/sqlite"

	"detente/feed"
	dnote "detente/note"
)

const witnessName = "witness.example/lite"

// litewitness runs torchwood's command with a log that it trusts, and returns
// where it listens and its key.
func litewitness(t *testing.T, origin, vkey string) (url string, pub ed25519.PublicKey) {
	t.Helper()
	command := tool(t, "filippo.io/torchwood/cmd/litewitness")
	// A socket's path is short everywhere.
	dir, err := os.MkdirTemp("", "lw")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })

	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	keys := agent.NewKeyring()
	if err := keys.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(keys, c)
		}
	}()
	sshKey, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}

	// What witnessctl add-log and add-key do.
	path := filepath.Join(dir, "witness.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	empty := dnote.Sum(nil)
	for _, q := range []struct {
		text string
		args []any
	}{
		{"create table log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL)", nil},
		{"create table key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin))", nil},
		{"insert into log values ($1, 0, $2)", []any{origin, base64.StdEncoding.EncodeToString(empty[:])}},
		{"insert into key values ($1, $2)", []any{origin, vkey}},
	} {
		if _, err := db.Exec(q.text, q.args...); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	cmd := exec.Command(command, "-db", path, "-ssh-agent", socket, "-key", ssh.FingerprintSHA256(sshKey), "-name", witnessName, "-listen", address)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-exited
		if t.Failed() {
			t.Logf("litewitness:\n%s", &stderr)
		}
	})
	for start := time.Now(); ; {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			break
		}
		select {
		case err := <-exited:
			exited <- err
			t.Fatalf("litewitness: %v\n%s", err, &stderr)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Since(start) > 30*time.Second {
			t.Fatal("litewitness does not listen")
		}
	}
	return "http://" + address, key.Public().(ed25519.PublicKey)
}

// add submits a checkpoint as C2SP tlog-witness says, with the Ed25519
// signature alone: litewitness takes 10 KiB, and reads no other.
func add(t *testing.T, url string, old uint64, proof []dnote.Digest, signed []byte) (int, string) {
	t.Helper()
	text, lines, _ := strings.Cut(string(signed), "\n\n")
	first, _, _ := strings.Cut(lines, "\n")
	body := fmt.Sprintf("old %d\n", old)
	for _, h := range proof {
		body += base64.StdEncoding.EncodeToString(h[:]) + "\n"
	}
	resp, err := http.Post(url+"/add-checkpoint", "text/plain", strings.NewReader(body+"\n"+text+"\n\n"+first+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// A witness that others wrote cosigns a feed as it grows, and refuses a fork.
func TestLitewitness(t *testing.T) {
	e := export(t)
	irn := e.Parties["IRN"]
	origin := irn.Origin()
	ed, _ := feed.VKeys(origin, irn.Feed.Public())
	url, pub := litewitness(t, origin, ed)
	vkey, err := note.NewEd25519VerifierKey(witnessName, pub)
	if err != nil {
		t.Fatal(err)
	}
	if vkey, err = fnote.VKeyToCosignatureV1(vkey); err != nil {
		t.Fatal(err)
	}
	cosigner, err := fnote.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	hashes := irn.Store.HashReader(origin)
	old := uint64(0)
	for _, size := range []uint64{3, 4, e.feeds[0].Size} {
		row, err := irn.Store.HeadAt(origin, size)
		if err != nil {
			t.Fatal(err)
		}
		proof, err := feed.Consistency(hashes, old, size)
		if err != nil {
			t.Fatal(err)
		}
		status, lines := add(t, url, old, proof, row.Signed)
		if status != http.StatusOK {
			t.Fatalf("from %d to %d: %d %s", old, size, status, lines)
		}
		n, err := note.Open(append(bytes.Clone(row.Signed), lines...), note.VerifierList(cosigner))
		if err != nil || len(n.Sigs) != 1 {
			t.Fatalf("the cosignature at %d: %v", size, err)
		}
		old = size
	}

	// Another history under the same key, larger and of the same size.
	for _, size := range []uint64{old + 1, old} {
		tree := feed.EmptyTree()
		var stored feed.Hashes
		for i := range size {
			stored = append(stored, tree.Append(fmt.Appendf(nil, "other %d", i))...)
		}
		signed, err := irn.Feed.SignHead(dnote.Head{Origin: origin, Root: tree.Root(), Size: size}, e.Now)
		if err != nil {
			t.Fatal(err)
		}
		proof, err := feed.Consistency(stored, old, size)
		if err != nil {
			t.Fatal(err)
		}
		// Of one size: 422 by the standard as it stands, 409 as it stood.
		status, body := add(t, url, old, proof, signed)
		if status != http.StatusUnprocessableEntity && (size != old || status != http.StatusConflict) {
			t.Errorf("a fork from %d to %d: %d %s", old, size, status, body)
		}
	}
	// Nor does it sign for another key.
	forged, err := e.Parties["PAK"].Feed.SignHead(dnote.Head{Origin: origin, Root: dnote.Sum([]byte("x")), Size: old + 5}, e.Now)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := add(t, url, old, nil, forged); status != http.StatusForbidden {
		t.Errorf("a forged checkpoint: %d %s", status, body)
	}
}
