using StorageEngines.Posix;

namespace StorageEngines.Portable.Rolling;

/// <summary>A new file that is made of a base and a delta.</summary>
internal static class PatchedFile
{
    internal static RollingPatchSummary Make(IByteSource source, Stream delta, BytePath newFile, RollingPatchOptions options, CancellationToken cancellationToken)
    {
        try
        {
            using DirectoryHandle directory = LocalPath.OpenParent(newFile);
            BytePath name = LocalPath.Name(newFile);
            if (!options.Replace && FileStatus.TryGetAt(directory, name.Span, out _))
            {
                throw new StorageEngineException(
                    EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, $"'{newFile}' is already there; choose another name, or replace it on purpose.");
            }

            using AtomicFile file = AtomicFile.Create(directory, name.Span);
            RollingPatchSummary summary = Fill(file, new DeltaApplier(source, delta, options.Progress), cancellationToken);
            file.Publish(options.Replace);
            return summary;
        }
        catch (PosixException error)
        {
            throw PortableErrors.From(error, "write", newFile.ToString());
        }
    }

    /// <summary>Writes the result to a file that has no name yet; what is zero becomes a hole.</summary>
    internal static RollingPatchSummary Fill(AtomicFile file, DeltaApplier applier, CancellationToken cancellationToken)
    {
        RollingPatchSummary summary = applier.Run(
            (at, bytes) =>
            {
                if (bytes.ContainsAnyExcept((byte)0))
                {
                    FileWriting.WriteAt(file.Handle, bytes, at);
                }
            },
            cancellationToken);
        FileWriting.Truncate(file.Handle, applier.ResultBytes);
        return summary;
    }
}
