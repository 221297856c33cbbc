namespace StorageEngines.Specification;

/// <summary>Says that a law does not hold for an engine, and why. Printed with the results; the reason may not be empty.</summary>
/// <param name="BaseOrLaw">
/// The name of a test base without its type parameter, e.g. <c>GroupTestBase</c>, or of a law's method, e.g. <c>Law26_Listing_a_thousand_snapshots_keeps_the_command_budget</c>.
/// </param>
/// <param name="Reason">Why, in a sentence that a user of the engine understands.</param>
public sealed record LawWaiver(string BaseOrLaw, string Reason);
