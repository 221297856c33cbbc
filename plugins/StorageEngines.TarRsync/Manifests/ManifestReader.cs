namespace StorageEngines.TarRsync.Manifests;

/// <summary>Reads a manifest from front to back, or from any path on. Holds one frame. Not thread-safe.</summary>
internal sealed class ManifestReader : IDisposable
{
    private readonly RecordDecoder _decoder = new();
    private readonly ManifestFile _file;
    private byte[] _stored = [];
    private byte[] _statuses = [];
    private UnpackedFrame _frame = new([], 0, 0, 0, false, 0);
    private int _nextFrame;
    private bool _inFrame;
    private bool _steady;

    internal ManifestReader(ManifestFile file) => _file = file;

    /// <summary>The current entry; valid after <see cref="MoveNext"/> or <see cref="Seek"/> gave true. Its path is valid until the next move.</summary>
    internal ref readonly ManifestEntry Current => ref _decoder.Current;

    /// <summary>Where in its frame the current entry is.</summary>
    internal RecordDecoder Decoder => _decoder;

    /// <summary>Entries in all.</summary>
    internal long EntryCount => _file.Trailer.Entries;

    /// <summary>
    /// The contents of files are left out, and no member of an entry is valid longer than until the next move. Default: false.
    /// </summary>
    internal bool StatusOnly { get; init; }

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
                _steady = false;
                bool found = _decoder.MoveNext(_file);
                _steady = true;
                if (found)
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
        int frame = _file.FrameFor(path);
        if (_frame.Bytes.Length > 0 && frame == _nextFrame - 1)
        {
            // The frame is here already: whoever asks for one path after the other pays for each frame once.
            if (_inFrame && _steady && !_decoder.Current.Path.IsEmpty && TreeOrder.Compare(_decoder.Current.Path.Span, path) is var order and <= 0)
            {
                if (order == 0)
                    return true;
            }
            else
            {
                Begin();
            }
        }
        else
        {
            (_inFrame, _nextFrame) = (false, frame);
        }
        while (MoveNext())
        {
            if (TreeOrder.Compare(_decoder.Current.Path.Span, path) >= 0)
                return true;
        }
        return false;
    }

    /// <summary>Whether a path is reached from here without reading a frame again: it is in the frame that is held, and not before the current entry.</summary>
    internal bool IsShortlyBefore(ReadOnlySpan<byte> path)
        => _inFrame && _steady && !_decoder.Current.Path.IsEmpty && TreeOrder.Compare(_decoder.Current.Path.Span, path) <= 0
            && (_nextFrame >= _file.Frames.Count || TreeOrder.Compare(path, _file.Frames[_nextFrame].FirstPath) < 0);

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

    /// <summary>Goes to the first entry of a frame.</summary>
    internal bool GoTo(int frame)
    {
        (_inFrame, _nextFrame) = (false, frame);
        return MoveNext();
    }

    /// <summary>Goes to the next entry of the same frame.</summary>
    /// <returns>False if there is none; then <see cref="GoTo"/> is the way on.</returns>
    internal bool MoveNextInFrame() => _decoder.Left > 0 && MoveNext();

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void LoadFrame(int number)
    {
        FramePlace place = _file.Frames[number];
        (_frame, _nextFrame) = (StatusOnly ? _file.ReadStatuses(place, ref _stored, ref _statuses) : _file.ReadEntries(place, ref _stored), number + 1);
        Begin();
    }

    private void Begin()
    {
        _decoder.Reset(in _frame);
        _inFrame = true;
    }
}
