using System.Text;
using StorageEngines.Streams;

namespace StorageEngines.LvmThin.Tests.Streams;

/// <summary>A text that is too long to be kept, made as it is read, which comes in pieces of odd sizes.</summary>
/// <param name="words">What it is made of.</param>
internal sealed class TextStream(IEnumerable<string> words) : ReadOnlyStream
{
    private const int PartChars = 64 << 10;

    private readonly IEnumerator<string> _words = words.GetEnumerator();
    private byte[] _part = [];
    private int _at;
    private int _reads;

    public override int Read(Span<byte> buffer)
    {
        if (_at == _part.Length)
        {
            Refill();
        }

        int length = Math.Min(Math.Min(buffer.Length, _part.Length - _at), 1 + (++_reads * 7919 % 20_011));
        _part.AsSpan(_at, length).CopyTo(buffer);
        _at += length;
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        _words.Dispose();
        base.Dispose(disposing);
    }

    private void Refill()
    {
        var text = new StringBuilder();
        while (text.Length < PartChars && _words.MoveNext())
        {
            text.Append(_words.Current);
        }

        (_part, _at) = (Encoding.ASCII.GetBytes(text.ToString()), 0);
    }
}
