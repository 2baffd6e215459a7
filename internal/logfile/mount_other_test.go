//go:build !linux

package logfile

import "errors"

func mountSmall(string) error { return errors.ErrUnsupported }

func unmount(string) {}
