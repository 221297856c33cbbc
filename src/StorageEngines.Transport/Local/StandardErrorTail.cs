using System.Text;

namespace StorageEngines.Transport;

/// <summary>Keeps the end of a command's standard error, in bounded memory.</summary>
/// <param name="maxBytes">How much to keep, in bytes.</param>
/// <remarks>Safe for use by several threads.</remarks>
internal sealed class StandardErrorTail(int maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Queue<byte[]> _chunks = new();
    private long _kept;

    /// <summary>Bytes seen in all.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Takes the next bytes.</summary>
    /// <param name="bytes">What the command wrote.</param>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            TotalBytes += bytes.Length;
            byte[] chunk = (bytes.Length > maxBytes ? bytes[^maxBytes..] : bytes).ToArray();
            _chunks.Enqueue(chunk);
            _kept += chunk.Length;
            while (_kept - _chunks.Peek().Length >= maxBytes && _chunks.Count > 1)
            {
                _kept -= _chunks.Dequeue().Length;
            }
        }
    }

    /// <summary>The end of what was seen, as text; bytes that are not UTF-8 are replaced.</summary>
    /// <returns>The text, without blanks at its ends.</returns>
    public override string ToString()
    {
        lock (_gate)
        {
            byte[] all = [.. _chunks.SelectMany(chunk => chunk)];
            return Encoding.UTF8.GetString(all.AsSpan(Math.Max(0, all.Length - maxBytes))).Trim();
        }
    }
}
