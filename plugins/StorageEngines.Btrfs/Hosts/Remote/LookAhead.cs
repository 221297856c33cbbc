using StorageEngines.Btrfs.Changes;
using StorageEngines.BtrfsStreams;
using StorageEngines.RemoteTrees;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>
/// Looks up entries of one snapshot of a pair. Whoever reads a difference asks for one entry after the other, mostly in the stream's order; so what the stream names next is asked for in the same
/// round trip. One caller at a time.
/// </summary>
/// <param name="tree">The snapshot.</param>
/// <param name="open">Opens the stream, once; null as long as there is none.</param>
internal sealed class LookAhead(RemoteTree tree, Func<Stream?> open) : IDisposable
{
    private const int Window = 1000;
    private const int MostKnown = 50_000;

    private readonly Dictionary<BytePath, KnownEntry?> _known = [];
    private readonly List<BytePath> _content = [];
    private Stream? _stream;
    private BtrfsSendReader? _reader;
    private bool _isAtEnd;

    /// <summary>An entry; null if there is none.</summary>
    internal KnownEntry? Get(BytePath path)
    {
        if (_known.TryGetValue(path, out KnownEntry? known))
        {
            return known;
        }

        HashSet<BytePath> wanted = Next();
        wanted.Add(path);
        if (_known.Count > MostKnown)
        {
            _known.Clear();
        }

        foreach ((BytePath each, StatEntry? entry) in tree.Stat(wanted))
        {
            _known[each] = entry is { } told ? KnownEntry.Of(told) : null;
        }

        return _known[path];
    }

    /// <summary>Small files that are known already, and of whose content the stream tells behind a file.</summary>
    internal IEnumerable<KeyValuePair<BytePath, long>> ContentBehind(BytePath path, int most, long mostBytes)
    {
        for (int i = _content.IndexOf(path) + 1; i > 0 && i < _content.Count && most > 0; i++)
        {
            if (_known.GetValueOrDefault(_content[i]) is { Type: TreeEntryType.File } file && file.SizeBytes <= mostBytes)
            {
                most--;
                yield return new(_content[i], file.SizeBytes);
            }
        }
    }

    /// <summary>Forgets the stream, because it is read again.</summary>
    internal void Reset()
    {
        _stream?.Dispose();
        (_stream, _reader, _isAtEnd) = (null, null, false);
    }

    /// <inheritdoc/>
    public void Dispose() => _stream?.Dispose();

    private HashSet<BytePath> Next()
    {
        var paths = new HashSet<BytePath>();
        _content.RemoveRange(0, Math.Max(0, _content.Count - Window)); // Whoever reads is near the end of the last window.
        if (_reader is null && !_isAtEnd && (_stream = open()) is not null)
        {
            _reader = new BtrfsSendReader(_stream, "the difference");
        }

        while (_reader is not null && !_isAtEnd && paths.Count < Window)
        {
            try
            {
                _isAtEnd = !_reader.Read();
            }
            catch (CorruptDataException)
            {
                _isAtEnd = true; // Whoever reads the stream itself comes to the same place, and tells.
            }

            if (!_isAtEnd && _reader.Command is BtrfsCommand.SetTimes or BtrfsCommand.UpdateExtent or BtrfsCommand.Write or BtrfsCommand.Truncate or BtrfsCommand.Unlink && _reader.Has(BtrfsAttribute.FilePath))
            {
                var path = new BytePath(_reader.Bytes(BtrfsAttribute.FilePath).ToArray());
                if (path.IsSafeRelative && !_known.ContainsKey(path))
                {
                    paths.Add(path);
                }

                if (_reader.Command == BtrfsCommand.UpdateExtent && (_content.Count == 0 || _content[^1] != path))
                {
                    _content.Add(path);
                }
            }
        }

        return paths;
    }
}
