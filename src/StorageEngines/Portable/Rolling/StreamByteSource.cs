using System.Collections.Concurrent;

namespace StorageEngines.Portable.Rolling;

/// <summary>The content of a snapshot: several streams over the same bytes, of which each call borrows one.</summary>
internal sealed class StreamByteSource : IByteSource
{
    private readonly BlockingCollection<Stream> _idle = new(new ConcurrentBag<Stream>());
    private readonly List<Stream> _all;
    private readonly string _name;
    private readonly bool _owned;

    private StreamByteSource(List<Stream> streams, string name, bool owned)
    {
        _all = streams;
        _name = name;
        _owned = owned;
        Length = streams[0].Length;
        foreach (Stream stream in streams)
        {
            _idle.Add(stream);
        }
    }

    public long Length { get; }

    /// <summary>Opens one stream for each reader that there may be at a time.</summary>
    /// <param name="open">Opens a stream that can be sought.</param>
    /// <param name="readers">How many.</param>
    /// <param name="name">What is read, for messages.</param>
    internal static async Task<StreamByteSource> OpenAsync(Func<ValueTask<Stream>> open, int readers, string name)
    {
        var streams = new List<Stream>();
        try
        {
            for (int i = 0; i < readers; i++)
            {
                streams.Add(await open().ConfigureAwait(false));
            }

            return new StreamByteSource(streams, name, owned: true);
        }
        catch
        {
            streams.ForEach(stream => stream.Dispose());
            throw;
        }
    }

    /// <summary>Reads one stream, which stays the caller's.</summary>
    /// <exception cref="ArgumentException">It cannot be sought.</exception>
    internal static StreamByteSource Borrow(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.CanSeek
            ? new StreamByteSource([stream], name, owned: false)
            : throw new ArgumentException($"The {name} is read at any place, so its stream has to be one that can be sought.", nameof(stream));
    }

    public void Read(long offset, Span<byte> buffer)
    {
        Stream stream = _idle.Take();
        try
        {
            if (stream.Position != offset)
            {
                stream.Position = offset;
            }

            int read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (read < buffer.Length)
            {
                throw RollingErrors.Shrunk(_name, offset + read);
            }
        }
        finally
        {
            _idle.Add(stream);
        }
    }

    public void Dispose()
    {
        if (_owned)
        {
            _all.ForEach(stream => stream.Dispose());
        }

        _idle.Dispose();
    }
}
