namespace StorageEngines.TarRsync.Manifests;

/// <summary>Walks over two manifests at once, in tree order. Holds one frame of each. Not thread-safe.</summary>
internal sealed class ManifestMerge(ManifestReader before, ManifestReader after)
{
    private bool _started;
    private bool _hasBefore;
    private bool _hasAfter;
    private int _order;

    /// <summary>The base has the path.</summary>
    internal bool InBefore => _order <= 0;

    /// <summary>The target has the path.</summary>
    internal bool InAfter => _order >= 0;

    /// <summary>The base's entry if <see cref="InBefore"/>.</summary>
    internal ref readonly ManifestEntry Before => ref before.Current;

    /// <summary>The target's entry if <see cref="InAfter"/>.</summary>
    internal ref readonly ManifestEntry After => ref after.Current;

    /// <summary>Goes to the next path.</summary>
    internal bool MoveNext()
    {
        if (!_started || _order <= 0)
            _hasBefore = before.MoveNext();
        if (!_started || _order >= 0)
            _hasAfter = after.MoveNext();
        _started = true;
        _order = _hasBefore && _hasAfter
            ? Math.Sign(TreeOrder.Compare(before.Current.Path.Span, after.Current.Path.Span))
            : _hasBefore ? -1 : 1;
        return _hasBefore || _hasAfter;
    }
}
