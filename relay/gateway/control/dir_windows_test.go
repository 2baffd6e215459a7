package control

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// TestAccessList: a list may allow nothing to accounts other than the user, administrators
// and the system.
func TestAccessList(t *testing.T) {
	const me = "S-1-5-21-1-2-3-1001"
	user, err := windows.StringToSid(me)
	if err != nil {
		t.Fatal(err)
	}
	for list, want := range map[string]string{
		"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" + me + ")": "",
		"D:(A;OICIID;FA;;;SY)(A;OICIIOID;GA;;;CO)(A;;FR;;;OW)":        "",
		"D:(D;;FA;;;WD)(A;;FA;;;" + me + ")":                          "",
		"D:P(A;;FA;;;" + me + ")(A;;FR;;;S-1-5-21-1-2-3-1002)":        "S-1-5-21-1-2-3-1002",
		"D:P(A;;FA;;;" + me + ")(A;OICIIO;0x1;;;S-1-5-21-1-2-3-1002)": "S-1-5-21-1-2-3-1002",
		"D:P(A;;FA;;;" + me + ")(A;;0x1200a9;;;S-1-5-21-1-2-3-513)":   "S-1-5-21-1-2-3-513",
	} {
		descriptor, err := windows.SecurityDescriptorFromString(list)
		if err != nil {
			t.Errorf("%s: %v", list, err)
			continue
		}
		acl, _, err := descriptor.DACL()
		if err != nil {
			t.Errorf("%s: %v", list, err)
			continue
		}
		if got, err := allowedOther(acl, user); err != nil || got != want {
			t.Errorf("%s allows %q, %v, want %q", list, got, err, want)
		}
	}
	if got, err := allowedOther(nil, user); err != nil || !strings.HasPrefix(got, "everyone") {
		t.Errorf("no list allows %q, %v", got, err)
	}
}

// TestMakeDir: a directory that MakeDir made passes CheckDir, and one that everyone may
// read doesn't.
func TestMakeDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "data")
	for range 2 {
		if err := MakeDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := CheckDir(dir); err != nil {
		t.Error(err)
	}
	if err := CheckDir(filepath.VolumeName(dir) + `\`); err == nil || !strings.Contains(err.Error(), "icacls") {
		t.Errorf("the root of a volume: %v", err)
	}
}
