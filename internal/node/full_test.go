package node

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"detente/internal/journal"
	"detente/note"
)

const ownMount = "NODE_TEST_OWN_MOUNT" // set in the process that may mount

// smallDisk mounts a file system of that many bytes. Where this process may
// not, the test runs again in one that may, in a name space of its own.
func smallDisk(t *testing.T, size int) string {
	dir := t.TempDir()
	err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
	if err == nil {
		t.Cleanup(func() {
			if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
		return dir
	}
	if os.Getenv(ownMount) != "" {
		t.Fatal("mount: ", err)
	}
	cmd := exec.Command(os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), ownMount+"=1")
	ids := func(id int) []syscall.SysProcIDMap { return []syscall.SysProcIDMap{{HostID: id, Size: 1}} }
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, UidMappings: ids(os.Getuid()), GidMappings: ids(os.Getgid())}
	out, again := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case again == nil:
		t.Logf("%s", out)
	case errors.As(again, &exit) && !strings.Contains(string(out), "mount: "):
		t.Fatalf("%s", out)
	default:
		t.Skipf("no file system can be mounted here: %v; %v %s", err, again, out)
	}
	t.SkipNow() // it was run in the other process
	return ""
}

// fill leaves no byte of a disk free, and returns what makes room again.
func fill(t *testing.T, dir string) (room func()) {
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, unix.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFullDisk fills the disk under a node that writes and receives. It says
// what to do, acknowledges nothing that it did not keep, and goes on by itself
// once there is room.
func TestFullDisk(t *testing.T) {
	disk := smallDisk(t, 6<<20)
	p := newPair(t, "IRN", "PAK")
	p.close("PAK")
	p.must(os.Rename(p.folder("PAK"), p.folder("PAK")+".away"))
	p.must(os.CopyFS(filepath.Join(disk, "PAK"), os.DirFS(p.folder("PAK")+".away")))
	p.must(os.Symlink(filepath.Join(disk, "PAK"), p.folder("PAK")))
	pak := p.reopen("PAK")
	p.start()
	acked := map[string]note.ID{}
	say := func(body string) error {
		ticket, err := pak.Submit(p.ctx, textNote(p.channel, "routine", body))
		if err == nil {
			acked[body] = ticket.ID
		}
		return err
	}
	p.must(say("before"))
	p.settled()
	room := fill(t, disk)
	var full error
	for i := 0; full == nil && i < 1000; i++ {
		full = say(fmt.Sprint("while it fills ", i))
	}
	if full == nil || !strings.Contains(full.Error(), "make room") {
		t.Fatalf("on a full disk: %v", full)
	}
	// What comes now is not taken, so no receipt is given for it.
	late := p.say("IRN", "routine", "answer")
	p.until("IRN", "that PAK cannot store", func(s *Snapshot) bool { return strings.Contains(s.Peers[0].LastError, "full") })
	p.must(p.nodes["IRN"].Read(p.channel, func(s *Snapshot) {
		for _, f := range s.Feeds {
			if f.Party == "IRN" && f.Receipts["PAK"] > late.ID.Index {
				t.Error("a receipt was given on a full disk")
			}
		}
	}))
	room()
	p.must(say("after"))
	p.receipted(pak, acked["after"], "IRN")
	p.receipted(p.nodes["IRN"], late.ID, "PAK")
	bodies := []string{"answer"}
	for b := range acked {
		bodies = append(bodies, b)
	}
	p.whole(bodies...)
	p.close("PAK")
	p.reopen("PAK")
	p.start()
	p.whole(bodies...)
	for body, id := range acked {
		if c, _, err := p.nodes["PAK"].Content(id); err != nil || c.Texts["body"]["en"] != body {
			t.Errorf("%s was acknowledged as %q, and is %v, %v", id.Short(), body, c, err)
		}
	}
}

// TestFullJournalDisk has only the journal on a full disk: room for it is
// sought before the ledger is written, so that neither runs ahead.
func TestFullJournalDisk(t *testing.T) {
	disk := smallDisk(t, 1<<20)
	p := newPair(t, "IRN", "PAK")
	p.close("PAK")
	path := filepath.Join(disk, "journal")
	p.must(os.Rename(filepath.Join(p.folder("PAK"), "journal"), filepath.Join(p.folder("PAK"), "away")))
	j, err := journal.Create(path, true)
	p.must(err)
	pak, err := Open(p.ctx, Config{Dir: p.folder("PAK"), Link: linkEnd{p.link, "PAK"}, Journal: j})
	p.must(err)
	p.nodes["PAK"] = pak
	p.say("PAK", "routine", "before")
	room := fill(t, disk)
	var full error
	for full == nil {
		_, full = pak.Submit(p.ctx, textNote(p.channel, "routine", "while it fills"))
	}
	origin := note.Origin("PAK", p.channel, 1)
	row, err := pak.Store().Head(origin)
	p.must(err)
	if size, _, _ := j.Last(journal.Feed, origin); !strings.Contains(full.Error(), "make room") || size != row.Head.Size || pak.broken() != nil {
		t.Errorf("%v; the journal is at %d, the ledger at %d; broken: %v", full, size, row.Head.Size, pak.broken())
	}
	c, err := pak.channel(p.channel)
	p.must(err)
	for taken := 0; ; taken++ {
		if taken > 2000 {
			t.Fatal("the journal never was full")
		}
		p.say("IRN", "routine", "another")
		if _, err := p.tryCarry("IRN", "PAK", "IRN"); err != nil {
			if !strings.Contains(err.Error(), "make room") || p.size("PAK", "IRN") >= p.size("IRN", "IRN") {
				t.Errorf("%v; PAK took %d of %d", err, p.size("PAK", "IRN"), p.size("IRN", "IRN"))
			}
			break
		}
	}
	room()
	p.say("PAK", "routine", "after")
	p.carry("IRN", "PAK", "IRN")
	if c.why != "" || pak.broken() != nil {
		t.Error(c.why, pak.broken())
	}
}
