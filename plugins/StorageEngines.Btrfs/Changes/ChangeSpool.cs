using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// Bytes that have to wait: a buffer in memory, and from there on a temporary file that has no name, so that nothing is left behind whatever happens.
/// Written from the start on, read anywhere. Not thread-safe.
/// </summary>
/// <param name="directory">Where the file is made if it is needed.</param>
/// <param name="memoryBytes">How much is kept in memory. Default: 4 MiB.</param>
internal sealed class ChangeSpool(string directory, int memoryBytes = 4 << 20) : IDisposable
{
    private const int SmallestBuffer = 4096;

    private byte[] _buffer = new byte[Math.Min(SmallestBuffer, memoryBytes)];
    private int _used;
    private SafeFileHandle? _file;
    private long _written;

    /// <summary>Bytes so far.</summary>
    internal long Length => _written + _used;

    /// <summary>Whether there is a temporary file.</summary>
    internal bool IsOnDisk => _file is not null;

    /// <summary>Adds bytes.</summary>
    /// <exception cref="StorageEngineException">ResourceExhausted/NoSpace: the temporary directory is full.</exception>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _buffer.Length - _used && _buffer.Length < memoryBytes)
        {
            long wanted = Math.Max(2L * _buffer.Length, (long)_used + bytes.Length);
            Array.Resize(ref _buffer, (int)Math.Min(wanted, memoryBytes));
        }

        while (!bytes.IsEmpty)
        {
            if (_used == _buffer.Length)
            {
                Spill();
            }

            int part = Math.Min(bytes.Length, _buffer.Length - _used);
            bytes[..part].CopyTo(_buffer.AsSpan(_used));
            _used += part;
            bytes = bytes[part..];
        }
    }

    /// <summary>Reads bytes back.</summary>
    /// <returns>How many: fewer than asked for at the end only.</returns>
    internal int Read(long offset, Span<byte> bytes)
    {
        int done = 0;
        while (done < bytes.Length && offset + done < _written)
        {
            int wanted = (int)Math.Min(bytes.Length - done, _written - offset - done);
            int got = RandomAccess.Read(_file!, bytes.Slice(done, wanted), offset + done);
            done += got > 0 ? got : throw new CorruptDataException("the temporary file of the changes", offset + done, "it ends too early");
        }

        if (done == bytes.Length)
        {
            return done;
        }

        int at = (int)Math.Min(offset + done - _written, _used);
        int rest = Math.Min(bytes.Length - done, _used - at);
        _buffer.AsSpan(at, rest).CopyTo(bytes[done..]);
        return done + rest;
    }

    /// <summary>Forgets everything from a place on.</summary>
    internal void Truncate(long length)
    {
        if (length < Length)
        {
            _used = (int)Math.Max(0, length - _written);
            _written = Math.Min(_written, length);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Spill()
    {
        try
        {
            _file ??= Open();
            RandomAccess.Write(_file, _buffer.AsSpan(0, _used), _written);
        }
        catch (IOException e)
        {
            throw new StorageEngineException(
                EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction,
                $"The list of changes did not fit the temporary directory '{directory}': {e.Message} Make room there, or name another one by TMPDIR.", e);
        }

        _written += _used;
        _used = 0;
    }

    private SafeFileHandle Open()
    {
        string path = Path.Combine(directory, $".seng-changes-{Guid.NewGuid():N}");
        SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        File.Delete(path);
        return file;
    }
}
