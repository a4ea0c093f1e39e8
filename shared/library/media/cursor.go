package media

// cursor reads big-endian numbers one after another. over is set once a read goes beyond the
// data's end.
type cursor struct {
	data []byte
	over bool
}

// number reads the next n bytes as a number. If n is above 8, the value is that of the last 8
// bytes.
func (c *cursor) number(n int) (v uint64) {
	for _, b := range c.take(n) {
		v = v<<8 | uint64(b)
	}
	return v
}

// take returns the next n bytes, or nil if fewer are left.
func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.data) {
		c.over, c.data = true, nil
		return nil
	}
	taken := c.data[:n]
	c.data = c.data[n:]
	return taken
}
