using StorageEngines.Streams;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>A file or image in the store. Can be read and sought; holes read as zeroes. Not thread-safe.</summary>
internal sealed class ContentStream : SeekableReadOnlyStream
{
    private readonly BlockCursor _blocks;
    private readonly BlockReader _reader;
    private readonly Action? _closing;
    private readonly (SnapshotRef Snapshot, BytePath? Path) _file;
    private readonly long _length;
    private byte[]? _block;
    private long _blockOffset = -1;
    private int _blockLength;
    private bool _closed;

    /// <summary>Opens a file's content.</summary>
    /// <param name="content">The blocks.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="reader">Reads blocks.</param>
    /// <param name="file">What it is, for messages.</param>
    /// <param name="closing">Called when the stream is closed: gives back the manifest that holds long lists of blocks. Null if there is none.</param>
    internal ContentStream(FileContent content, long length, BlockReader reader, (SnapshotRef Snapshot, BytePath? Path) file, Action? closing)
    {
        _blocks = content.Open(length);
        (_reader, _closing, _file, _length) = (reader, closing, file, length);
    }

    /// <inheritdoc/>
    public override bool CanRead => !_closed;

    /// <inheritdoc/>
    public override long Length => _length;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        int done = 0;
        while (done < buffer.Length && Position < _length)
        {
            int count = ReadSome(buffer[done..]);
            done += count;
            Position += count;
        }
        return done;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_closed)
        {
            _closed = true;
            _closing?.Invoke();
        }
        base.Dispose(disposing);
    }

    private string Label => _file.Path is { } path ? $"'{path}' of {_file.Snapshot}" : _file.Snapshot.ToString();

    private int ReadSome(Span<byte> buffer)
    {
        if (_blockOffset >= 0 && Position >= _blockOffset && Position < _blockOffset + _blockLength)
            return Copy(buffer);
        try
        {
            _blocks.Seek(Position);
            _blocks.MoveNext();
            if (_blocks.Offset == Position && _blocks.Block.Length <= buffer.Length)
                return _reader.Read(_blocks.Block, buffer);
            if (_block is null || _block.Length < _blocks.Block.Length)
                _block = new byte[Math.Max(_blocks.Block.Length, StoreFormat.BlockSize)];
            _blockOffset = -1;
            _blockLength = _reader.Read(_blocks.Block, _block);
            _blockOffset = _blocks.Offset;
        }
        catch (CorruptDataException error)
        {
            int named = error.Offset is { } at ? $"{error.DamagedObject}: byte {at}: ".Length : $"{error.DamagedObject}: ".Length;
            throw new CorruptDataException(error.DamagedObject, error.Offset, $"{error.Message[named..]}; {Label} cannot be read in full", error);
        }
        return Copy(buffer);
    }

    private int Copy(Span<byte> buffer)
    {
        int from = (int)(Position - _blockOffset);
        int count = Math.Min(buffer.Length, _blockLength - from);
        _block.AsSpan(from, count).CopyTo(buffer);
        return count;
    }
}
