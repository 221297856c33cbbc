using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>Reads a manifest from front to back, or from any path on. Holds one frame. Not thread-safe.</summary>
internal sealed class ManifestReader : IDisposable
{
    private readonly RecordDecoder _decoder = new();
    private readonly ManifestFile _file;
    private int _nextFrame;
    private bool _inFrame;

    internal ManifestReader(ManifestFile file) => _file = file;

    /// <summary>The current entry; valid after <see cref="MoveNext"/> or <see cref="Seek"/> gave true. Its path is valid until the next move.</summary>
    internal ref readonly ManifestEntry Current => ref _decoder.Current;

    /// <summary>Entries in all.</summary>
    internal long EntryCount => _file.Trailer.Entries;

    /// <summary>The manifest's file.</summary>
    internal ManifestFile File => _file;

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="CorruptDataException">A frame is damaged; <see cref="SkipDamagedFrame"/> goes on behind it.</exception>
    internal bool MoveNext()
    {
        while (true)
        {
            if (_inFrame)
            {
                if (_decoder.MoveNext(_file))
                    return true;
                _inFrame = false;
            }
            if (_nextFrame >= _file.Frames.Count)
                return false;
            LoadFrame(_nextFrame);
        }
    }

    /// <summary>Goes to the first entry at or after a path.</summary>
    /// <returns>False if there is none.</returns>
    internal bool Seek(ReadOnlySpan<byte> path)
    {
        _inFrame = false;
        _nextFrame = _file.FrameFor(path);
        while (MoveNext())
        {
            if (TreeOrder.Compare(_decoder.Current.Path.Span, path) >= 0)
                return true;
        }
        return false;
    }

    /// <summary>Looks a path up.</summary>
    internal bool TryFind(ReadOnlySpan<byte> path, out ManifestEntry entry)
    {
        bool found = Seek(path) && _decoder.Current.Path.Span.SequenceEqual(path);
        entry = found ? _decoder.Current : default;
        return found;
    }

    /// <summary>After a <see cref="CorruptDataException"/>: gives up the frame it came from.</summary>
    /// <returns>False if it was the last one.</returns>
    internal bool SkipDamagedFrame()
    {
        if (_inFrame)
            _inFrame = false;
        else
            _nextFrame++;
        return _nextFrame < _file.Frames.Count;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void LoadFrame(int number)
    {
        FramePlace place = _file.Frames[number];
        byte[] raw = _file.ReadFrame(place.Offset, FrameKind.Entries, out FrameHeader header);
        if (header.Checksum != place.Checksum)
            throw StoreErrors.Corrupt(_file.Name, place.Offset, "the frame is not the one that the index names");
        _decoder.Reset(raw, header.Items, place.Offset);
        _nextFrame = number + 1;
        _inFrame = true;
    }
}
