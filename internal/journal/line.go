package journal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"detente/internal/jcs"
	"detente/note"
)

// The roles in which a node signs heads.
const (
	Feed    = "feed"    // its own feed
	Receipt = "receipt" // "I durably hold these leaves"
	Witness = "witness" // "append-only as I saw it"
)

// An Entry is one signature.
type Entry struct {
	Role string
	Head note.Head
}

type key struct{ role, origin string }

const maxLine = 256

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (e Entry) check() error {
	if e.Role != Feed && e.Role != Receipt && e.Role != Witness {
		return fmt.Errorf("%.20q is not a role", e.Role)
	}
	if e.Head.Size > jcs.MaxInteger {
		return fmt.Errorf("size %d is too great", e.Head.Size)
	}
	_, _, _, err := note.ParseOrigin(e.Head.Origin)
	return err
}

func appendLine(buf []byte, e Entry) []byte {
	start := len(buf)
	buf = fmt.Appendf(buf, "v1 %s %s %d %s", e.Role, e.Head.Origin, e.Head.Size, base64.StdEncoding.EncodeToString(e.Head.Root[:]))
	return fmt.Appendf(buf, " %08x\n", crc32.Checksum(buf[start:], castagnoli))
}

// parse reads a journal. good is where the last whole line ends.
func parse(data []byte) (last map[key]note.Head, good int, err error) {
	last = map[key]note.Head{}
	for n := 1; ; n++ {
		line, _, whole := bytes.Cut(data[good:], []byte{'\n'})
		if !whole {
			return last, good, nil
		}
		e, err := parseLine(line)
		if err != nil {
			return nil, 0, fmt.Errorf("line %d is damaged: %w", n, err)
		}
		k := key{e.Role, e.Head.Origin}
		if prev, ok := last[k]; ok && prev.Size >= e.Head.Size {
			return nil, 0, fmt.Errorf("line %d: %s as %s goes from size %d to %d", n, e.Head.Origin, e.Role, prev.Size, e.Head.Size)
		}
		last[k] = e.Head
		good += len(line) + 1
	}
}

// parseLine reads one line without its line feed. Only what appendLine writes
// is a line.
func parseLine(line []byte) (e Entry, err error) {
	if len(line) > maxLine {
		return e, fmt.Errorf("%d bytes: at most %d", len(line), maxLine)
	}
	f := strings.Split(string(line), " ")
	if len(f) != 6 || f[0] != "v1" {
		return e, errors.New("want v1 ROLE ORIGIN SIZE ROOT CRC")
	}
	e.Role, e.Head.Origin = f[1], f[2]
	if e.Head.Size, err = strconv.ParseUint(f[3], 10, 64); err != nil {
		return e, fmt.Errorf("size: %w", err)
	}
	root, err := base64.StdEncoding.DecodeString(f[4])
	if err != nil || len(root) != len(e.Head.Root) {
		return e, fmt.Errorf("%.60q is not a root", f[4])
	}
	copy(e.Head.Root[:], root)
	if err := e.check(); err != nil {
		return e, err
	}
	if want := appendLine(nil, e); string(want) != string(line)+"\n" {
		return e, errors.New("the checksum does not match")
	}
	return e, nil
}
