using System.Buffers.Text;
using System.Text;

namespace StorageEngines.TarRsync.Remote;

/// <summary>Reads what rsync prints: items, progress and statistics, in lines that end in a line break or a carriage return.</summary>
internal sealed class RsyncOutput
{
    /// <summary>The longest line: a path of 4,096 bytes, each escaped, and an item's marks.</summary>
    private const int LongestLine = 4 * 4096 + 256;

    private static readonly byte[] Mark = Encoding.ASCII.GetBytes(RsyncArguments.ItemMark);

    /// <summary>Called for each item with its eleven characters (see <c>--itemize-changes</c>) and its name.</summary>
    internal Action<string, byte[]>? OnItem { get; init; }

    /// <summary>Called with the bytes done so far.</summary>
    internal Action<long>? OnProgress { get; init; }

    /// <summary>Called for each other line; an ASCII text for people.</summary>
    internal Action<string>? OnLine { get; init; }

    /// <summary>Bytes over the network, both ways, as the statistics at the end say; 0 if they did not come.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Reads to the end.</summary>
    /// <exception cref="CorruptDataException">This is not rsync's output.</exception>
    internal async Task ReadAsync(Stream output, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        int held = 0;
        long offset = 0;
        int read;
        while ((read = await output.ReadAsync(buffer.AsMemory(held), cancellationToken).ConfigureAwait(false)) > 0)
        {
            int end = held + read;
            int used = TakeLines(buffer.AsSpan(0, end));
            offset += used;
            held = end - used;
            buffer.AsSpan(used, held).CopyTo(buffer);
            if (held > LongestLine)
            {
                throw new CorruptDataException("rsync's output", offset, $"a line is longer than {LongestLine} bytes; is the program 'rsync' rsync?");
            }
        }

        Take(buffer.AsSpan(0, held));
    }

    /// <summary>The name that an escaped one stands for: <c>\#</c> and three octal digits for a byte.</summary>
    internal static byte[] Unescape(ReadOnlySpan<byte> text)
    {
        var name = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool escaped = i + 4 < text.Length && text[i] == '\\' && text[i + 1] == '#'
                && IsOctal(text[i + 2]) && IsOctal(text[i + 3]) && IsOctal(text[i + 4]);
            name[length++] = escaped ? (byte)(((text[i + 2] - '0') << 6 | (text[i + 3] - '0') << 3 | (text[i + 4] - '0')) & 0xFF) : text[i];
            i += escaped ? 4 : 0;
        }

        return name.AsSpan(0, length).ToArray();
    }

    private static bool IsOctal(byte b) => b is >= (byte)'0' and <= (byte)'7';

    private int TakeLines(ReadOnlySpan<byte> data)
    {
        int start = 0;
        int length;
        while ((length = data[start..].IndexOfAny((byte)'\n', (byte)'\r')) >= 0)
        {
            Take(data.Slice(start, length));
            start += length + 1;
        }

        return start;
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        // The marks, a blank, and at least one byte of a name.
        const int Marks = 11;
        if (line.StartsWith(Mark) && line.Length > Mark.Length + Marks + 1)
        {
            OnItem?.Invoke(Encoding.ASCII.GetString(line.Slice(Mark.Length, Marks)), Unescape(line[(Mark.Length + Marks + 1)..]));
            return;
        }

        ReadOnlySpan<byte> text = line.Trim((byte)' ');
        if (TryStatistic(text, "Total bytes received: "u8, out long bytes) || TryStatistic(text, "Total bytes sent: "u8, out bytes))
        {
            Bytes += bytes;
        }
        else if (text.Contains((byte)'%') && Utf8Parser.TryParse(text, out long done, out int used) && used < text.Length && text[used] == ' ')
        {
            OnProgress?.Invoke(done);
        }
        else if (!text.IsEmpty)
        {
            OnLine?.Invoke(Encoding.ASCII.GetString(text));
        }
    }

    private static bool TryStatistic(ReadOnlySpan<byte> text, ReadOnlySpan<byte> label, out long value)
    {
        value = 0;
        return text.StartsWith(label) && Utf8Parser.TryParse(text[label.Length..], out value, out _) && value >= 0;
    }
}
