using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store;

/// <summary>A sealed pack. The file is opened when needed, and closed when too many are open. Safe for several threads.</summary>
internal sealed class PackFile(string path) : IDisposable
{
    private readonly Lock _gate = new();
    private SafeFileHandle? _handle;
    private PackEntry[]? _salvaged;
    private long _indexOffset;
    private long _length;

    /// <summary>The path, also for messages.</summary>
    internal string Path => path;

    /// <summary>The file is open.</summary>
    internal bool IsOpen => _handle is not null;

    /// <summary>Why the index could not be used, or null if it is whole.</summary>
    internal CorruptDataException? Damage { get; private set; }

    /// <summary>Bytes of the file; known after <see cref="Load"/>.</summary>
    internal long Length => _length;

    /// <summary>Reads the index. A damaged one is rebuilt from the records, as far as they are whole.</summary>
    /// <exception cref="PosixException">The file cannot be read.</exception>
    internal PackEntry[] Load()
    {
        lock (_gate)
        {
            SafeFileHandle handle = Open();
            _length = FileHandle.GetLength(handle);
            try
            {
                return ReadIndex(handle);
            }
            catch (CorruptDataException error)
            {
                Damage = error;
                return _salvaged = Salvage(handle);
            }
        }
    }

    /// <summary>The entry at a place of the index.</summary>
    internal PackEntry Entry(int ordinal)
    {
        lock (_gate)
        {
            if (_salvaged is not null)
                return _salvaged[ordinal];
            Span<byte> bytes = stackalloc byte[PackEntry.Size];
            if (FileHandle.ReadAt(Open(), bytes, _indexOffset + ((long)ordinal * PackEntry.Size)) != bytes.Length)
                throw StoreErrors.Corrupt(path, _indexOffset, "the pack is cut short");
            return PackEntry.Read(bytes);
        }
    }

    /// <summary>Reads the stored bytes of a block.</summary>
    internal void ReadStored(PackEntry entry, Span<byte> destination)
    {
        lock (_gate)
        {
            if (!entry.IsSane || FileHandle.ReadAt(Open(), destination[..entry.StoredLength], (long)entry.Offset + PackEntry.Size) != entry.StoredLength)
                throw StoreErrors.Corrupt(path, entry.Offset, $"the pack is cut short within block {entry.Id}");
        }
    }

    /// <summary>Closes the file if nobody is using it; it opens again when needed.</summary>
    internal void CloseIfIdle()
    {
        if (!_gate.TryEnter())
            return;
        try
        {
            _handle?.Dispose();
            _handle = null;
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _handle?.Dispose();
            _handle = null;
        }
    }

    private SafeFileHandle Open() => _handle ??= FileHandle.OpenRead(Encoding.UTF8.GetBytes(path));

    private PackEntry[] ReadIndex(SafeFileHandle handle)
    {
        Span<byte> head = stackalloc byte[ObjectHeader.Size];
        int got = FileHandle.ReadAt(handle, head, 0);
        ObjectHeader.Read(head[..got], ObjectHeader.PackMagic, path);
        Span<byte> tail = stackalloc byte[PackTrailer.Size];
        if (_length < ObjectHeader.Size + PackTrailer.Size || _length > StoreFormat.MaxPack
            || FileHandle.ReadAt(handle, tail, _length - PackTrailer.Size) != tail.Length
            || !PackTrailer.TryRead(tail, _length, out int count, out _indexOffset))
            throw StoreErrors.Corrupt(path, _length, "the pack has no trailer: it was cut short");
        var bytes = new byte[count * PackEntry.Size];
        if (FileHandle.ReadAt(handle, bytes, _indexOffset) != bytes.Length || !PackTrailer.Matches(bytes, tail))
            throw StoreErrors.Corrupt(path, _indexOffset, "the checksum of the pack's index does not match");
        var entries = new PackEntry[count];
        for (int i = 0; i < count; i++)
            entries[i] = PackEntry.Read(bytes.AsSpan(i * PackEntry.Size));
        return entries;
    }

    private PackEntry[] Salvage(SafeFileHandle handle)
    {
        var entries = new List<PackEntry>();
        Span<byte> bytes = stackalloc byte[PackEntry.Size];
        long end = Math.Min(_length, StoreFormat.MaxPack);
        for (long offset = ObjectHeader.Size; offset + PackEntry.Size <= end && FileHandle.ReadAt(handle, bytes, offset) == bytes.Length;)
        {
            if (!PackEntry.TryReadRecord(bytes, (uint)offset, out PackEntry entry))
                break;
            offset += PackEntry.Size + entry.StoredLength;
            if (offset <= end)
                entries.Add(entry);
        }
        return [.. entries];
    }
}
