using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using StorageEngines.CephRbd.Hosts;

namespace StorageEngines.CephRbd.Images;

/// <summary>Finds images and snapshots by what they are, whatever they are called by now. Safe for use by several threads.</summary>
internal sealed class ImageCatalog(IRbdHost host)
{
    private const int AtOnce = 16;

    /// <summary>The cluster.</summary>
    internal IRbdHost Host => host;

    /// <summary>Opens a volume; null if it is not there.</summary>
    internal async Task<IOpenImage?> TryOpenAsync(VolumeRef volume, CancellationToken cancellationToken)
        => volume.Engine == CephRbdEngineFactory.SchemeName && ImageKey.TryParse(volume.Id, out ImageKey? key) ? await host.OpenAsync(key, cancellationToken).ConfigureAwait(false) : null;

    /// <summary>Opens a volume.</summary>
    /// <exception cref="VolumeNotFoundException">It is not there, or another one has its name.</exception>
    internal async Task<IOpenImage> OpenAsync(VolumeRef volume, CancellationToken cancellationToken)
    {
        if (await TryOpenAsync(volume, cancellationToken).ConfigureAwait(false) is { } open)
        {
            return open;
        }

        bool replaced = volume.Name is { } name && ImagePath.TryParse(BytePath.FromString(name), out ImagePath? path) && await host.FindAsync(path, cancellationToken).ConfigureAwait(false) is not null;
        throw CephRbdErrors.MissingVolume(volume.ToString(), replaced);
    }

    /// <summary>Opens the volume of a snapshot, and finds that in it.</summary>
    /// <exception cref="SnapshotNotFoundException">It is not there.</exception>
    internal async Task<(IOpenImage Image, RbdSnapshot Snapshot)> OpenAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
    {
        IOpenImage? open = await TryOpenAsync(snapshot.Volume, cancellationToken).ConfigureAwait(false);
        if (open?.State.Find(snapshot.Id) is { } found)
        {
            return (open, found);
        }

        if (open is not null)
        {
            await open.DisposeAsync().ConfigureAwait(false);
        }

        throw CephRbdErrors.MissingSnapshot(snapshot);
    }

    /// <summary>The image at a location.</summary>
    internal async Task<RbdImage> ResolveAsync(BytePath location, CancellationToken cancellationToken)
    {
        if (!ImagePath.TryParse(location, out ImagePath? path))
        {
            throw new StorageEngineException(EngineStatus.NotFound, EngineReason.VolumeMissing, Recovery.FixRequest,
                $"'{location}' names no image; write POOL/IMAGE or POOL/NAMESPACE/IMAGE.")
            { Engine = CephRbdEngineFactory.SchemeName };
        }

        ImageKey key = await host.FindAsync(path, cancellationToken).ConfigureAwait(false) ?? throw CephRbdErrors.MissingVolume(path.ToString());
        await using IOpenImage open = await host.OpenAsync(key, cancellationToken).ConfigureAwait(false) ?? throw CephRbdErrors.MissingVolume(path.ToString());
        return open.State.Image;
    }

    /// <summary>Looks at all images of the cluster, or of a place in it, some at a time, in the order of their list. What is removed meanwhile is left out.</summary>
    /// <param name="place">The place; null for all.</param>
    /// <param name="look">Looks at one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="StorageEngineException">One could not be looked at: thrown when all others were told, or at once if the cluster does not answer.</exception>
    internal async IAsyncEnumerable<T> LookAtAllAsync<T>(BytePath? place, Func<IOpenImage, CancellationToken, Task<T>> look, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var looking = new Queue<Task<T?>>();
        ExceptionDispatchInfo? failure = null;
        List<ImagePlace> lost = [];
        try
        {
            foreach (ImagePlace each in (await host.ListAsync(cancellationToken).ConfigureAwait(false)).Where(each => place is null || each.Path.Location.IsWithin(place.Value)))
            {
                looking.Enqueue(LookAsync(each, look, lost, stop.Token));
                if (looking.Count == AtOnce && await NextAsync().ConfigureAwait(false) is { } found)
                {
                    yield return found;
                }
            }

            while (looking.Count > 0)
            {
                if (await NextAsync().ConfigureAwait(false) is { } found)
                {
                    yield return found;
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(looking.Select(left => left.ContinueWith(ended => ended.Exception, TaskScheduler.Default))).ConfigureAwait(false);
        }

        failure?.Throw();
        await RequireGoneAsync(lost, cancellationToken).ConfigureAwait(false);

        async Task<T?> NextAsync()
        {
            try
            {
                return await looking.Dequeue().ConfigureAwait(false);
            }
            catch (StorageEngineException e) when (e.Status != EngineStatus.Unavailable)
            {
                failure ??= ExceptionDispatchInfo.Capture(e);
                return null;
            }
        }
    }

    /// <summary>What the contract says of a snapshot.</summary>
    internal SnapshotInfo Describe(ImageState state, RbdSnapshot snapshot, ImageNotes notes)
    {
        RbdSnapshot? parent = state.Snapshots.LastOrDefault(each => each.IsVisible && each.Id < snapshot.Id);
        bool isBase = snapshot.Space == SnapshotSpace.User || host.CanDiffFromGroups;
        VolumeRef volume = state.Image.Ref;
        return new SnapshotInfo(state.RefOf(snapshot), snapshot.CreatedAt, snapshot.SizeBytes, SnapshotState.Ready, Consistency.Crash)
        {
            ChangeToken = isBase ? new ChangeToken(volume.Engine, volume.Id, state.Image.Key.Image, snapshot.IdText) : null,
            ParentId = parent?.IdText,
            GroupId = snapshot.Group is null ? null : Groups.GroupId.Of(state.Image, snapshot).ToString(),
            Labels = notes.Labels(snapshot),
            Holds = notes.Holds(snapshot),
        };
    }

    private async Task<T?> LookAsync<T>(ImagePlace place, Func<IOpenImage, CancellationToken, Task<T>> look, List<ImagePlace> lost, CancellationToken cancellationToken)
        where T : class
    {
        IOpenImage? open = await host.OpenAsync(place.Key, cancellationToken).ConfigureAwait(false);
        if (open is null)
        {
            lock (lost)
            {
                lost.Add(place);
            }

            return null;
        }

        await using (open.ConfigureAwait(false))
        {
            return await look(open, cancellationToken).ConfigureAwait(false);
        }
    }

    // What cannot be opened and is listed still was not removed: it is damaged.
    private async Task RequireGoneAsync(List<ImagePlace> lost, CancellationToken cancellationToken)
    {
        if (lost.Count > 0 && (await host.ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(lost.Contains) is { } damaged)
        {
            throw new StorageEngineException(EngineStatus.DataLoss, EngineReason.None, Recovery.OperatorAction,
                $"The image '{damaged.Path}' is listed, but has no header: it was removed in part, or damaged. Check it with 'rbd info', and remove it with 'rbd rm'; all others were told.")
            { Engine = CephRbdEngineFactory.SchemeName };
        }
    }
}
