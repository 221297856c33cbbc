using System.Globalization;
using System.Text;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands.Parsing;

/// <summary>What rbd prints about many extents, made as it is read, in pieces of odd sizes.</summary>
internal sealed class ManyExtents(int count) : Stream
{
    private byte[] _part = "["u8.ToArray();
    private int _at;
    private int _next;
    private int _reads;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count1) => Read(buffer.AsSpan(offset, count1));

    public override int Read(Span<byte> buffer)
    {
        if (_at == _part.Length && !Refill())
        {
            return 0;
        }

        int length = Math.Min(Math.Min(buffer.Length, _part.Length - _at), 1 + (++_reads * 7919 % 20_011));
        _part.AsSpan(_at, length).CopyTo(buffer);
        _at += length;
        return length;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count1) => throw new NotSupportedException();

    private bool Refill()
    {
        if (_next > count)
        {
            return false;
        }

        var text = new StringBuilder();
        for (int i = 0; i < 1000 && _next < count; i++, _next++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(_next == 0 ? "" : ",")}{{\"offset\":{8192L * _next},\"length\":4096,\"exists\":\"{(_next % 3 == 0 ? "false" : "true")}\"}}");
        }

        if (text.Length == 0)
        {
            _next++;
            text.Append("]\n");
        }

        (_part, _at) = (Encoding.ASCII.GetBytes(text.ToString()), 0);
        return true;
    }
}
