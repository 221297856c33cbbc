using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Restore;

/// <summary>Brings a snapshot back: to a new place, or in place.</summary>
internal sealed class Restorer(SnapshotStore store, SnapshotRecord snapshot)
{
    /// <summary>Writes it to a new place.</summary>
    /// <exception cref="StorageEngineException">The place is taken or cannot be written; nothing remains.</exception>
    internal void Clone(BytePath location, IProgress<OperationProgress>? target, CancellationToken cancellationToken)
    {
        if (!location.IsAbsolute || location.Name.IsRoot)
        {
            throw new ArgumentException($"'{location}' is not an absolute path of something new.", nameof(location));
        }

        var progress = new ProgressMeter(target, "restore", snapshot.SizeBytes, snapshot.EntryCount);
        try
        {
            using (BeneathRoot parent = BeneathRoot.Open(location.Parent.IsRoot ? "/"u8 : location.Parent.Span))
            {
                RestoreSpace.Require(parent.Root, snapshot.SizeBytes, () => store.OpenManifest(snapshot), location);
            }

            if (Kind == VolumeKind.Tree)
            {
                TreeClone.WriteTree(() => store.OpenManifest(snapshot), store.OpenBlocks(), location, progress, new RestoreWarnings(target), cancellationToken);
            }
            else
            {
                using ManifestReader manifest = store.OpenManifest(snapshot);
                TreeClone.WriteImage(manifest, store.OpenBlocks(), location, progress, cancellationToken);
            }
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "clone to", location);
        }
    }

    /// <summary>Puts the volume back in place.</summary>
    /// <exception cref="StorageEngineException">Something cannot be written; the roll back can be run again.</exception>
    internal void Rollback(VolumePlace place, IProgress<OperationProgress>? target)
    {
        var progress = new ProgressMeter(target, "roll back", snapshot.SizeBytes, snapshot.EntryCount);
        try
        {
            if (place.Kind == VolumeKind.Tree)
            {
                RollbackTree(place, progress, new RestoreWarnings(target));
            }
            else
            {
                RollbackImage(place, progress);
            }

            progress.Report();
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "roll back", place.Location);
        }
    }

    private VolumeKind Kind => store.FindVolume(snapshot.VolumeId)?.Kind ?? throw new VolumeNotFoundException(snapshot.VolumeId);

    private void RollbackTree(VolumePlace place, ProgressMeter progress, RestoreWarnings warnings)
    {
        using BeneathRoot root = BeneathRoot.Open(place.Location.Span);
        var writer = new EntryWriter(root, new ContentWriter(store.OpenBlocks(), done => progress.Advance(done, 0)), warnings);
        var rollback = new TreeRollback(root, writer, SnapshotCreator.WalkOptionsFor(store.Directory), progress);
        using (ManifestReader manifest = store.OpenManifest(snapshot))
        {
            rollback.RemoveExtra(manifest);
        }

        using (ManifestReader manifest = store.OpenManifest(snapshot))
        {
            rollback.MakeAndRepair(manifest);
        }

        using (ManifestReader manifest = store.OpenManifest(snapshot))
        {
            TreeRollback.FinishDirectories(manifest, writer);
        }

        root.SyncAll();
    }

    private void RollbackImage(VolumePlace place, ProgressMeter progress)
    {
        using ManifestReader manifest = store.OpenManifest(snapshot);
        manifest.MoveNext();
        using SafeFileHandle image = FileHandle.OpenReadWrite(place.Location.Span);
        bool isDevice = !FileStatus.Get(image).IsRegular;
        if (isDevice && FileHandle.GetLength(image) != manifest.Current.Size)
        {
            throw new StorageEngineException(EngineStatus.FailedPrecondition, EngineReason.None, Recovery.OperatorAction,
                $"The device '{place.Location}' has {FileHandle.GetLength(image)} bytes and the snapshot {manifest.Current.Size}; resize the device, or clone the snapshot to a file.")
            { Engine = TarRsyncEngineFactory.SchemeName, Operation = "roll back" };
        }

        new ContentWriter(store.OpenBlocks(), done => progress.Advance(done, 0)).Update(image, in manifest.Current, isDevice);
        FileWriting.Sync(image);
    }
}
