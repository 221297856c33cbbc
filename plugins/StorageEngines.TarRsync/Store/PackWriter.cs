using System.Text;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store;

/// <summary>A pack that is being written. It has no name until it is sealed. Not thread-safe.</summary>
internal sealed class PackWriter : IDisposable
{
    private readonly DirectoryHandle _directory;
    private readonly AtomicFile _file;
    private readonly List<PackEntry> _entries = [];
    private readonly string _path;
    private long _position;

    /// <summary>Begins a pack.</summary>
    internal PackWriter(string directory)
    {
        Guid id = Guid.NewGuid();
        string name = $"{id:N}.pack";
        _path = System.IO.Path.Combine(directory, name);
        try
        {
            _directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(directory));
            try
            {
                _file = AtomicFile.Create(_directory, Encoding.UTF8.GetBytes(name));
            }
            catch (PosixException)
            {
                _directory.Dispose();
                throw;
            }
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"No pack can be created in '{directory}'");
        }
        var header = new byte[ObjectHeader.Size];
        ObjectHeader.ForPack(id).Write(header);
        Write(header);
    }

    /// <summary>The entries so far.</summary>
    internal IReadOnlyList<PackEntry> Entries => _entries;

    /// <summary>Bytes so far.</summary>
    internal long Length => _position;

    /// <summary>Bytes that it has with its index.</summary>
    internal long LengthWhenSealed => _position + ((long)_entries.Count * PackEntry.Size) + PackTrailer.Size;

    /// <summary>Appends a block; returns its place in the index.</summary>
    internal int Append(BlockId id, int plainLength, byte codec, ReadOnlySpan<byte> stored)
    {
        var entry = new PackEntry(id, (uint)_position, plainLength, stored.Length, codec);
        Span<byte> header = stackalloc byte[PackEntry.Size];
        entry.WriteRecord(header);
        Write(header);
        Write(stored);
        _entries.Add(entry);
        return _entries.Count - 1;
    }

    /// <summary>Reads back a block that was appended.</summary>
    internal void ReadStored(PackEntry entry, Span<byte> destination)
        => FileHandle.ReadAt(_file.Handle, destination[..entry.StoredLength], (long)entry.Offset + PackEntry.Size);

    /// <summary>Writes the index, makes all durable and gives the pack its name.</summary>
    /// <returns>The pack's path.</returns>
    internal string Seal()
    {
        var index = new byte[(_entries.Count * PackEntry.Size) + PackTrailer.Size];
        for (int i = 0; i < _entries.Count; i++)
            _entries[i].Write(index.AsSpan(i * PackEntry.Size));
        int length = index.Length - PackTrailer.Size;
        PackTrailer.Write(index.AsSpan(0, length), _position, index.AsSpan(length));
        Write(index);
        try
        {
            _file.Publish(replace: false);
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The pack '{_path}' cannot be published");
        }
        return _path;
    }

    /// <summary>Closes the pack; one that was not sealed is gone.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _directory.Dispose();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            FileWriting.WriteAt(_file.Handle, bytes, _position);
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The pack '{_path}' cannot be written");
        }
        _position += bytes.Length;
    }
}
