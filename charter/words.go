package charter

import (
	_ "embed"
	"fmt"
	"strings"

	"detente/note"
)

// Numbers of words that people read to each other.
const (
	FingerprintWords = 16 // 128 bits, against somebody with time to search
	CheckWords       = 6  // 48 bits, against a mistake or a swap on the spot
)

//go:embed words.txt
var wordsFile string

// words[b] are the words for byte b at even and at odd places.
var words = func() (list [256][2]string) {
	n := 0
	for line := range strings.Lines(wordsFile) {
		if even, odd, ok := strings.Cut(strings.TrimSpace(line), " "); ok && even != "#" && n < len(list) {
			list[n] = [2]string{even, odd}
			n++
		}
	}
	return list
}()

// Words returns the first n bytes of d, at most 32, as words of the PGP word
// list, which was made to be understood over a bad telephone line. Words of
// two and of three syllables alternate, so a word that is dropped, doubled or
// exchanged with its neighbour is heard.
func Words(d note.Digest, n int) []string {
	n = max(0, min(n, len(d)))
	out := make([]string, n)
	for i := range out {
		out[i] = words[d[i]][i%2]
	}
	return out
}

// ReadWords returns the bytes that words stand for, as Words wrote them; case
// does not count. It says which word is not one of the list at its place.
func ReadWords(list []string) ([]byte, error) {
	out := make([]byte, len(list))
	for i, w := range list {
		at := -1
		for b := range words {
			if strings.EqualFold(words[b][i%2], w) {
				at = b
			}
		}
		if at < 0 {
			return nil, fmt.Errorf("word %d, %.30q, is not one of the word list at that place: a word was dropped, doubled or misheard", i+1, w)
		}
		out[i] = byte(at)
	}
	return out, nil
}
