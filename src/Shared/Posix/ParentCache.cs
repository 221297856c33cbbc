namespace StorageEngines.Posix;

/// <summary>The last few parent directories, by path, least recently used out first. Not thread-safe.</summary>
internal sealed class ParentCache(int capacity) : IDisposable
{
    private readonly List<(byte[] Path, DirectoryHandle Directory)> _entries = new(capacity);

    /// <summary>The open directory of a path, or null.</summary>
    internal DirectoryHandle? Find(ReadOnlySpan<byte> path)
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            if (!path.SequenceEqual(_entries[i].Path))
                continue;
            (byte[] Path, DirectoryHandle Directory) entry = _entries[i];
            if (i != _entries.Count - 1)
            {
                _entries.RemoveAt(i);
                _entries.Add(entry);
            }
            return entry.Directory;
        }
        return null;
    }

    /// <summary>Keeps a directory; the cache owns it from now on.</summary>
    internal DirectoryHandle Add(ReadOnlySpan<byte> path, DirectoryHandle directory)
    {
        if (_entries.Count == capacity)
        {
            _entries[0].Directory.Dispose();
            _entries.RemoveAt(0);
        }
        _entries.Add((path.ToArray(), directory));
        return directory;
    }

    /// <summary>Forgets a path and all beneath it: the name no longer means that directory.</summary>
    internal void Forget(ReadOnlySpan<byte> path)
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            ReadOnlySpan<byte> cached = _entries[i].Path;
            if (!cached.StartsWith(path) || (cached.Length > path.Length && cached[path.Length] != '/'))
                continue;
            _entries[i].Directory.Dispose();
            _entries.RemoveAt(i);
        }
    }

    /// <summary>Closes all.</summary>
    public void Dispose()
    {
        foreach ((_, DirectoryHandle directory) in _entries)
            directory.Dispose();
        _entries.Clear();
    }
}
