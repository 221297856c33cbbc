using System.Buffers;
using System.Text;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store;

/// <summary>A pack that is being written. It has no name until it is sealed. Not thread-safe.</summary>
internal sealed class PackWriter : IDisposable
{
    private const int BufferLength = 128 << 10;

    private readonly DirectoryHandle _directory;
    private readonly AtomicFile _file;
    private readonly List<PackEntry> _entries = [];
    private readonly string _path;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
    private int _buffered;
    private long _position;
    private bool _disposed;

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
        Flush();
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
        if (!_disposed)
            ArrayPool<byte>.Shared.Return(_buffer);
        _disposed = true;
    }

    // Small blocks are collected, so that a tree of small files does not cost two calls for each.
    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _buffer.Length - _buffered)
            Flush();
        if (bytes.Length >= _buffer.Length / 4)
        {
            Flush();
            WriteAt(bytes, _position);
        }
        else
        {
            bytes.CopyTo(_buffer.AsSpan(_buffered));
            _buffered += bytes.Length;
        }
        _position += bytes.Length;
    }

    private void Flush()
    {
        WriteAt(_buffer.AsSpan(0, _buffered), _position - _buffered);
        _buffered = 0;
    }

    private void WriteAt(ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            FileWriting.WriteAt(_file.Handle, bytes, offset);
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The pack '{_path}' cannot be written");
        }
    }
}
