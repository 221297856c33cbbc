namespace StorageEngines.Btrfs.Streams;

/// <summary>Reads a difference that a stop of the process may disturb, again if need be.</summary>
internal static class Undisturbed
{
    private const int MostTries = 3;

    /// <summary>Reads it.</summary>
    /// <param name="what">What it is, for people, at the beginning of a sentence.</param>
    /// <param name="once">Opens it and reads it to its end.</param>
    /// <exception cref="StorageEngineException">Aborted: it was disturbed each time.</exception>
    internal static T Read<T>(string what, Func<T> once)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return once();
            }
            catch (CorruptDataException) when (tries < MostTries)
            {
                // It is read again.
            }
            catch (CorruptDataException e)
            {
                throw StreamErrors.Disturbed(what, e);
            }
        }
    }
}
