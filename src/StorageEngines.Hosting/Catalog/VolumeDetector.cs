namespace StorageEngines.Hosting;

/// <summary>Finds the engine for a plain path by asking all of them.</summary>
internal sealed class VolumeDetector(EngineOpener opener)
{
    /// <summary>Asks every engine (its highest version that loads); the strongest claim wins, of equal ones the first by name.</summary>
    /// <param name="path">An absolute path on this machine.</param>
    /// <param name="sources">The sources, by scheme, highest version first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The scheme, and what could not be found out.</returns>
    public async Task<(string Scheme, IReadOnlyList<string> Notes)> DetectAsync(
        BytePath path, IReadOnlyList<EngineSource> sources, CancellationToken cancellationToken)
    {
        var notes = new List<string>();
        (string? scheme, VolumeClaim strongest) = (null, VolumeClaim.None);
        for (int first = 0, end; first < sources.Count; first = end)
        {
            for (end = first + 1; end < sources.Count && sources[end].Scheme == sources[first].Scheme; end++)
            {
            }

            VolumeClaim claim = await AskAsync(path, sources, first..end, notes, cancellationToken).ConfigureAwait(false);
            if (claim > strongest)
            {
                (scheme, strongest) = (sources[first].Scheme, claim);
            }
        }

        return scheme is null ? throw Unclaimed(path, sources, notes) : (scheme, notes);
    }

    private async Task<VolumeClaim> AskAsync(
        BytePath path, IReadOnlyList<EngineSource> sources, Range versions, List<string> notes, CancellationToken cancellationToken)
    {
        for (int i = versions.Start.Value; i < versions.End.Value; i++)
        {
            EngineSource source = sources[i];
            IStorageEngineFactory? factory = null;
            try
            {
                factory = source.Acquire();
                if (factory is not null)
                {
                    return await factory.ClaimAsync(path, opener.Context(source.Scheme, new VolumeAddress()), cancellationToken).ConfigureAwait(false);
                }
            }
            catch (PluginException e)
            {
                notes.Add(e.Message);
            }
            catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
            {
                notes.Add($"The engine {source} could not say whether '{path}' is its own: {e.Message}");
                return VolumeClaim.None;
            }
            finally
            {
                if (factory is not null)
                {
                    source.Release();
                }
            }
        }

        return VolumeClaim.None;
    }

    private static StorageEngineException Unclaimed(BytePath path, IReadOnlyList<EngineSource> sources, List<string> notes)
    {
        if (LocalPaths.IsMissing(path))
        {
            return new VolumeNotFoundException(path.ToString());
        }

        string message = $"No engine claims '{path}'. Available: {EngineChoice.List(sources)}. Say which one as SCHEME:{path}, or install a plug-in.";
        return new StorageEngineException(
            EngineStatus.NotFound, EngineReason.VolumeMissing, Recovery.FixRequest, notes.Count == 0 ? message : $"{message} {string.Join(" ", notes)}");
    }
}
