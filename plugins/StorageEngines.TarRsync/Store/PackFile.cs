using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store;

/// <summary>A sealed pack. The file is opened when needed, and closed when too many are open. Safe for several threads.</summary>
/// <param name="path">Its path.</param>
/// <param name="opened">Told each time the file is opened.</param>
internal sealed class PackFile(string path, Action<PackFile>? opened = null) : IDisposable
{
    private readonly Lock _gate = new();
    private SafeFileHandle? _handle;
    private PackEntry[]? _index;
    private long _length;

    /// <summary>The path, also for messages.</summary>
    internal string Path => path;

    /// <summary>Why the index could not be used, or null if it is whole; known after <see cref="Load"/>.</summary>
    internal CorruptDataException? Damage { get; private set; }

    /// <summary>Bytes of the file; known once it is open.</summary>
    internal long Length => _length;

    /// <summary>Reads the index. A damaged one is rebuilt from the records, as far as they are whole.</summary>
    /// <exception cref="PosixException">The file cannot be read.</exception>
    /// <exception cref="StorageEngineException">FormatTooNew.</exception>
    internal PackEntry[] Load()
    {
        lock (_gate)
        {
            SafeFileHandle handle = Open();
            try
            {
                return ReadIndex(handle);
            }
            catch (CorruptDataException error)
            {
                Damage = error;
                return Salvage(handle);
            }
        }
    }

    /// <summary>Finds the record of a block at an offset: by the record's own head, and if that is damaged, by the pack's index.</summary>
    /// <param name="id">The block.</param>
    /// <param name="offset">Where its record should be.</param>
    /// <param name="storedLength">How many bytes are said to follow the record's head, so that they are read with it; null if they are not needed.</param>
    /// <param name="entry">The record.</param>
    /// <returns>False if there is no record of this block there, or not all of it.</returns>
    /// <exception cref="PosixException">The file cannot be read; ENOENT if it is gone.</exception>
    internal bool TryEntry(BlockId id, uint offset, int? storedLength, out PackEntry entry)
    {
        if (!(storedLength is { } length ? TryRecord(offset, length, out entry) : TryHead(offset, out entry)) || entry.Id != id)
        {
            lock (_gate)
            {
                _index ??= Load();
                entry = Array.Find(_index, one => one.Offset == offset && one.Id == id);
            }
        }
        return entry.PlainLength > 0 && (long)entry.Offset + PackEntry.Size + entry.StoredLength <= _length;
    }

    /// <summary>Reads the head of the record at an offset; false if there is none or it is damaged.</summary>
    /// <exception cref="PosixException">The file cannot be read; ENOENT if it is gone.</exception>
    internal bool TryHead(uint offset, out PackEntry entry)
    {
        Span<byte> head = stackalloc byte[PackEntry.Size];
        entry = default;
        return Read(head, offset) == head.Length && PackEntry.TryReadRecord(head, offset, out entry);
    }

    /// <summary>Gives the stored bytes of a block; they are good until the thread's next call.</summary>
    /// <param name="entry">The block.</param>
    /// <param name="scratch">A buffer for what is too long for the thread's window.</param>
    /// <exception cref="PosixException">The file cannot be read.</exception>
    internal ReadOnlySpan<byte> Stored(PackEntry entry, Span<byte> scratch)
    {
        if (!entry.IsSane)
            throw CutShort(entry);
        if (entry.StoredLength > PackWindow.Size)
        {
            ReadStored(entry, scratch);
            return scratch[..entry.StoredLength];
        }
        ReadOnlySpan<byte> stored = PackWindow.Current.Get(this, (long)entry.Offset + PackEntry.Size, entry.StoredLength);
        return stored.Length == entry.StoredLength ? stored : throw CutShort(entry);
    }

    /// <summary>Reads the stored bytes of a block.</summary>
    /// <exception cref="PosixException">The file cannot be read.</exception>
    internal void ReadStored(PackEntry entry, Span<byte> destination)
    {
        if (!entry.IsSane || Read(destination[..entry.StoredLength], (long)entry.Offset + PackEntry.Size) != entry.StoredLength)
            throw CutShort(entry);
    }

    /// <summary>Reads until the span is full or the file ends. Several threads read at the same time; one whose file is closed meanwhile opens it again.</summary>
    /// <exception cref="PosixException">The file cannot be read; ENOENT if it is gone.</exception>
    internal int Read(Span<byte> bytes, long offset)
    {
        while (true)
        {
            SafeFileHandle handle;
            lock (_gate)
                handle = Open();
            try
            {
                return FileHandle.ReadAt(handle, bytes, offset);
            }
            catch (ObjectDisposedException)
            {
                continue;
            }
        }
    }

    /// <summary>Closes the file; it opens again when needed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _handle?.Dispose();
            _handle = null;
        }
    }

    private bool TryRecord(uint offset, int storedLength, out PackEntry entry)
    {
        entry = default;
        ReadOnlySpan<byte> record = PackWindow.Current.Get(this, offset, PackEntry.Size + Math.Clamp(storedLength, 0, PackWindow.Size - PackEntry.Size));
        return record.Length >= PackEntry.Size && PackEntry.TryReadRecord(record, offset, out entry);
    }

    private CorruptDataException CutShort(PackEntry entry) => StoreErrors.Corrupt(path, entry.Offset, $"the pack is cut short within block {entry.Id}");

    private SafeFileHandle Open()
    {
        if (_handle is not null)
            return _handle;
        SafeFileHandle handle = FileHandle.OpenRead(Encoding.UTF8.GetBytes(path));
        try
        {
            _length = FileHandle.GetLength(handle);
        }
        catch (PosixException)
        {
            handle.Dispose();
            throw;
        }
        _handle = handle;
        opened?.Invoke(this);
        return handle;
    }

    private PackEntry[] ReadIndex(SafeFileHandle handle)
    {
        Span<byte> head = stackalloc byte[ObjectHeader.Size];
        int got = FileHandle.ReadAt(handle, head, 0);
        ObjectHeader.Read(head[..got], ObjectHeader.PackMagic, path);
        Span<byte> tail = stackalloc byte[PackTrailer.Size];
        long indexOffset = 0;
        if (_length < ObjectHeader.Size + PackTrailer.Size || _length > StoreFormat.MaxPack
            || FileHandle.ReadAt(handle, tail, _length - PackTrailer.Size) != tail.Length
            || !PackTrailer.TryRead(tail, _length, out int count, out indexOffset))
            throw StoreErrors.Corrupt(path, _length, "the pack has no trailer: it was cut short");
        var bytes = new byte[count * PackEntry.Size];
        if (FileHandle.ReadAt(handle, bytes, indexOffset) != bytes.Length || !PackTrailer.Matches(bytes, tail))
            throw StoreErrors.Corrupt(path, indexOffset, "the checksum of the pack's index does not match");
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
