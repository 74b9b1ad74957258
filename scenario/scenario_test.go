package scenario

import "testing"

func TestJanuaryParses(t *testing.T) {
	s, err := January2024()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Steps) == 0 {
		t.Fatal("no steps")
	}
}
