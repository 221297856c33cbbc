using System.Security.Cryptography;
using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Restore;

/// <summary>Writes a snapshot to a new place, which gets its name only when it is whole and durable.</summary>
internal static class TreeClone
{
    /// <summary>The beginning of temporary names; what is left of them after a crash can be deleted.</summary>
    private const string TemporaryPrefix = ".seng-tmp-";

    /// <summary>Writes a tree.</summary>
    /// <param name="open">Opens the snapshot's manifest; called twice.</param>
    /// <param name="blocks">Reads its blocks.</param>
    /// <param name="location">The new directory.</param>
    /// <param name="progress">Told of bytes and entries.</param>
    /// <param name="warnings">Told what an unprivileged user cannot do.</param>
    /// <param name="cancellationToken">Gives up; nothing remains.</param>
    /// <exception cref="PosixException">It cannot be written, or the name is taken.</exception>
    internal static void WriteTree(
        Func<ManifestReader> open, BlockReader blocks, BytePath location, ProgressMeter progress, RestoreWarnings warnings,
        CancellationToken cancellationToken)
    {
        using BeneathRoot parent = OpenParent(location);
        BytePath name = location.Name;
        RequireFree(parent, name);
        byte[] temporary = Encoding.ASCII.GetBytes(TemporaryPrefix + RandomNumberGenerator.GetHexString(16, lowercase: true));
        parent.MakeDirectory(temporary);
        try
        {
            using (BeneathRoot root = BeneathRoot.Open(location.Parent.IsRoot ? [(byte)'/', .. temporary] : location.Parent.Append(new BytePath(temporary)).Span))
            {
                Fill(root, open, blocks, progress, warnings, cancellationToken);
                root.SyncAll();
            }

            parent.Rename(temporary, name.Span, RenameMode.NoReplace);
            parent.Root.Sync();
        }
        catch
        {
            TreeRemover.Remove(parent, temporary);
            throw;
        }
    }

    /// <summary>Writes an image file.</summary>
    /// <inheritdoc cref="WriteTree"/>
    internal static void WriteImage(ManifestReader manifest, BlockReader blocks, BytePath location, ProgressMeter progress, CancellationToken cancellationToken)
    {
        using BeneathRoot parent = OpenParent(location);
        RequireFree(parent, location.Name);
        manifest.MoveNext();
        using AtomicFile file = AtomicFile.Create(parent.Root, location.Name.Span);
        new ContentWriter(blocks, done => progress.Advance(done, 0)).Fill(file.Handle, in manifest.Current, cancellationToken);
        file.Publish(replace: false);
    }

    private static void Fill(
        BeneathRoot root, Func<ManifestReader> open, BlockReader blocks, ProgressMeter progress, RestoreWarnings warnings, CancellationToken cancellationToken)
    {
        var writer = new EntryWriter(root, new ContentWriter(blocks, done => progress.Advance(done, 0)), warnings);
        using (ManifestReader manifest = open())
        {
            while (manifest.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!manifest.Current.Path.IsEmpty)
                {
                    writer.Create(in manifest.Current, cancellationToken);
                }

                progress.Advance(0, 1);
            }
        }

        using ManifestReader again = open();
        TreeRollback.FinishDirectories(again, writer);
        progress.Report();
    }

    private static BeneathRoot OpenParent(BytePath location)
        => BeneathRoot.Open(location.Parent.IsRoot ? "/"u8 : location.Parent.Span);

    private static void RequireFree(BeneathRoot parent, BytePath name)
    {
        if (parent.TryGetStatus(name.Span, out _))
        {
            throw new PosixException(Errno.EEXIST, "rename", name.Span);
        }
    }
}
