using System.Text;

namespace StorageEngines.LvmThin.Tests.Blocks;

/// <summary>An output of thin_delta with many runs, made as it is read.</summary>
internal sealed class ManyRuns(int count) : Stream
{
    private byte[] _part = "<superblock uuid=\"\" time=\"2\" transaction=\"3\" data_block_size=\"128\" nr_data_blocks=\"0\"><diff left=\"2\" right=\"3\">"u8.ToArray();
    private int _at;
    private int _next;

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

        int length = Math.Min(buffer.Length, _part.Length - _at);
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
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"<different begin=\"{2L * _next}\" length=\"1\"/>\n");
        }

        if (text.Length == 0)
        {
            _next++;
            text.Append("</diff></superblock>");
        }

        (_part, _at) = (Encoding.ASCII.GetBytes(text.ToString()), 0);
        return true;
    }
}
